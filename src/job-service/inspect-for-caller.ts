import type { Regions } from '../config/index.ts';
import type { CopyPlan } from '../copy-job/index.ts';
import type { ImageRecord } from '../image/index.ts';
import type { UserCredential } from '../openstack/index.ts';
import { type ImageStore, isStoreError } from '../stores/index.ts';
import { answered, jobErrorOf } from './ask-store.ts';
import { JobError } from './errors.ts';

/**
 * Returns the record of the source image as the caller sees it. Also checks that the caller's cloud has both
 * regions, and that the destination has room.
 * @throws JobError
 */
export async function inspectForCaller(
  regions: Regions,
  plan: CopyPlan,
  user?: UserCredential,
): Promise<ImageRecord> {
  const { source, destination } = plan;
  const from = regionStore(regions, source.region);
  const to = regionStore(regions, destination.region);
  await assertServed(from, source.region, 'source.region', user);
  await assertServed(to, destination.region, 'destination.region', user);
  const { record } = await answered(from.inspect(source, user)).catch((error) => {
    throw jobErrorOf(source.region, error, user);
  });
  const room = to.checkRoom?.(destination.tenant_id, record.size) ?? Promise.resolve();
  await answered(room).catch((error) => {
    // Other errors are ignored: they may have passed when the job needs the destination.
    if (isStoreError(error, 'quota_exceeded')) throw jobErrorOf(destination.region, error);
  });
  return record;
}

async function assertServed(
  store: ImageStore,
  region: string,
  field: string,
  user?: UserCredential,
): Promise<void> {
  if (user === undefined || store.serves === undefined) return;
  const isServed = await answered(store.serves(user)).catch((error) => {
    throw jobErrorOf(region, error);
  });
  if (isServed) return;
  throw new JobError('invalid', `${field}: is not a region of your cloud`, { field });
}

function regionStore(regions: Regions, name: string): ImageStore {
  const region = regions.get(name);
  if (region === undefined)
    throw new Error(`the configuration no longer has the region '${name}', which the job needs`);
  return region.store;
}
