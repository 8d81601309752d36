import { type ImageStore, loadDriver } from '../stores/index.ts';
import type { Config } from './config.ts';

/** A region of the configuration, with its store open. */
export interface Region {
  readonly name: string;
  readonly store: ImageStore;
  readonly taskQueue: string;
  /** `true` if nothing in the region counts as an image. */
  readonly objectsOnly: boolean;
}

/** The open regions by their names. */
export type Regions = ReadonlyMap<string, Region>;

/** Opens the store of each region. A store connects only when it is used. */
export async function openRegions({ regions, baseDirectory }: Config): Promise<Regions> {
  const opened = new Map<string, Region>();
  for (const { name, driver, driverOptions, taskQueue, objectsOnly } of regions.values()) {
    const loaded = await loadDriver(driver);
    if (loaded === undefined) throw new Error(`there is no driver ${driver}`);
    opened.set(name, { name, taskQueue, objectsOnly, store: loaded.open(driverOptions, baseDirectory) });
  }
  return opened;
}
