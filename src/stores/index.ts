export type {
  BlockSink,
  ImageSink,
  PartReader,
  PartSink,
  ServerCopy,
  ServerObject,
  StreamSink,
} from './data-port.ts';
export { openSpool, type Spool } from './disk/spool.ts';
export { driverNames, loadDriver } from './drivers.ts';
export type { ImageStore, UnusableImage } from './image-store.ts';
export { type Leftover, watchWith } from './leftover.ts';
export { isMark } from './mark-text.ts';
export type { ObjectEntry, ObjectStore } from './object-port.ts';
export type {
  Confirm,
  DestinationRef,
  ImageDestination,
  ImageSource,
  InspectedImage,
  Watch,
} from './port.ts';
export { atSide, blame, isStoreError, StoreError, type StoreErrorCode } from './store-error.ts';
export { type TrialStep, tryImages, tryObjects } from './trial.ts';
export { compareUtf8 } from './utf8-order.ts';
