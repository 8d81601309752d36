export { fromErrno, isErrno } from './disk-errors.ts';
export { storeDrivers } from './drivers.ts';
export { openPartFile } from './part-file.ts';
export type {
  DestinationRef,
  ImageSink,
  ImageStore,
  InspectedImage,
  PartReader,
  PartSink,
  StreamSink,
} from './port.ts';
export { atSide, blame, StoreError, type StoreErrorCode } from './store-error.ts';
