import type { Region, Regions } from '../src/config/index.ts';
import type { CopyPlan } from '../src/copy-job/index.ts';
import type { Side } from '../src/image/index.ts';
import {
  type ImageDestination,
  type ImageSource,
  type ObjectStore,
  StoreError,
} from '../src/stores/index.ts';

/**
 * Returns the store of one side of a copy: the region's images, or its plain objects. Throws `unavailable` if
 * this worker's configuration has no such store.
 */
export function storeOf(regions: Regions, plan: CopyPlan, side: Side): ImageSource & ImageDestination {
  const { region: name } = plan[side];
  return plan.objects ? objectsOf(regions, name) : regionOf(regions, name).store;
}

/**
 * Returns a region. Throws `unavailable` if this worker's configuration has no such region. The step is then
 * retried, because a later configuration may have the region.
 */
export function regionOf(regions: Regions, name: string): Region {
  const region = regions.get(name);
  if (region !== undefined) return region;
  throw new StoreError('unavailable', `this worker's configuration has no region '${name}'`);
}

/**
 * Returns the store of a region's plain objects. Throws `unavailable` if this worker's configuration has
 * none.
 */
export function objectsOf(regions: Regions, name: string): ObjectStore {
  const { objects } = regionOf(regions, name).store;
  if (objects !== undefined) return objects;
  throw new StoreError(
    'unavailable',
    `in this worker's configuration the region '${name}' has images only, and no objects`,
  );
}
