import type { Region, Regions } from '../src/config/index.ts';
import { StoreError } from '../src/stores/index.ts';

/** A region of the worker's configuration. One that is missing may come with the next deployment. */
export function regionOf(regions: Regions, name: string): Region {
  const region = regions.get(name);
  if (region !== undefined) return region;
  throw new StoreError('unavailable', `this worker's configuration has no region '${name}'`);
}
