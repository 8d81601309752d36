import { type ImageStore, storeDrivers } from '../stores/index.ts';
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
export function openRegions({ regions, baseDirectory }: Config): Regions {
  return new Map(
    [...regions.values()].map(({ name, driver, driverOptions, taskQueue, objectsOnly }) => {
      const found = storeDrivers.find((candidate) => candidate.name === driver);
      if (found === undefined) throw new Error(`no store driver ${driver}`);
      return [name, { name, taskQueue, objectsOnly, store: found.open(driverOptions, baseDirectory) }];
    }),
  );
}
