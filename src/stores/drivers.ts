import type { StoreDriver } from './image-store.ts';

const DRIVERS = new Map<string, () => Promise<StoreDriver>>([
  ['directory', async () => (await import('./directory/index.ts')).directoryDriver],
  ['glance', async () => (await import('./glance/index.ts')).glanceDriver],
  ['s3', async () => (await import('./s3/index.ts')).s3Driver],
]);

/** Names that a region may give as its store's `driver`. */
export const driverNames: readonly string[] = [...DRIVERS.keys()];

/** Loads a driver, and only the packages that it needs. Returns `undefined` if there is none of this name. */
export async function loadDriver(name: string): Promise<StoreDriver | undefined> {
  return DRIVERS.get(name)?.();
}
