export { fromErrno, isErrno } from './disk-errors.ts';
export { driverNames, loadDriver } from './drivers.ts';
export { openPartFile, removePartFile } from './part-file.ts';
export type {
  BlockSink,
  DestinationRef,
  ImageDestination,
  ImageSink,
  ImageSource,
  ImageStore,
  InspectedImage,
  Leftover,
  ObjectEntry,
  ObjectStore,
  PartReader,
  PartSink,
  StreamSink,
  UnusableImage,
  Watch,
} from './port.ts';
export { borrowPages, copyInto, returnPages } from './shared-pages.ts';
export { atSide, blame, StoreError, type StoreErrorCode } from './store-error.ts';
export { compareUtf8 } from './utf8-order.ts';
