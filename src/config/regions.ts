import { type ImageStore, storeDrivers } from '../stores/index.ts';
import type { Config } from './config.ts';

/** A region with its store open. */
export interface Region {
  readonly name: string;
  readonly store: ImageStore;
  readonly taskQueue: string;
}

export type Regions = ReadonlyMap<string, Region>;

/** Opens the store of each region; nothing is touched yet. */
export function openRegions({ regions, baseDirectory }: Config): Regions {
  return new Map(
    [...regions.values()].map(({ name, driver, driverOptions, taskQueue }) => {
      const found = storeDrivers.find((candidate) => candidate.name === driver);
      if (found === undefined) throw new Error(`no store driver ${driver}`);
      return [name, { name, taskQueue, store: found.open(driverOptions, baseDirectory) }];
    }),
  );
}
