import { type ImageStore, loadDriver } from '../stores/index.ts';
import type { Config } from './config.ts';

/** A region with its store open. */
export interface Region {
  readonly name: string;
  readonly store: ImageStore;
  readonly taskQueue: string;
  /** No images are read, made or looked for here. */
  readonly objectsOnly: boolean;
}

export type Regions = ReadonlyMap<string, Region>;

/** Opens the store of each region; nothing is touched yet. */
export async function openRegions({ regions, baseDirectory }: Config): Promise<Regions> {
  const opened = new Map<string, Region>();
  for (const { name, driver, driverOptions, taskQueue, objectsOnly } of regions.values()) {
    const loaded = await loadDriver(driver);
    if (loaded === undefined) throw new Error(`no store driver ${driver}`);
    opened.set(name, { name, taskQueue, objectsOnly, store: loaded.open(driverOptions, baseDirectory) });
  }
  return opened;
}
