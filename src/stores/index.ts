export { storeDrivers } from './drivers.ts';
export type {
  DestinationRef,
  ImageStore,
  InspectedImage,
  PartReader,
  PartSink,
} from './port.ts';
export { atSide, blame, StoreError, type StoreErrorCode } from './store-error.ts';
