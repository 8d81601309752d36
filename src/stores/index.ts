export { storeDrivers } from './drivers.ts';
export type {
  DestinationRef,
  ImageDestination,
  ImageSource,
  ImageStore,
  InspectedImage,
  PartReader,
  PartSink,
  SourceRef,
  StoreDriver,
} from './port.ts';
export { atSide, blame, StoreError, type StoreErrorCode } from './store-error.ts';
