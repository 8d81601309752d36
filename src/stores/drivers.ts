import { directoryDriver } from './directory/index.ts';
import { glanceDriver } from './glance/index.ts';
import type { StoreDriver } from './port.ts';
import { s3Driver } from './s3/index.ts';

/** Every kind of store that a region may name as its `driver`. */
export const storeDrivers: readonly StoreDriver[] = [
  directoryDriver as StoreDriver,
  glanceDriver as StoreDriver,
  s3Driver as StoreDriver,
];
