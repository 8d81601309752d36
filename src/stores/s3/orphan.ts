import { watchWith } from '../leftover.ts';
import type { Confirm, DestinationRef } from '../port.ts';
import type { Bucket } from './bucket.ts';
import { createDoomedObject } from './job-object.ts';
import { removeCurrent, removeWhere } from './remove-object.ts';
import { isStillDoomed } from './reservation.ts';
import { abortUpload, createUpload } from './upload.ts';

/**
 * Removes an object whose image id has no job object, if it still `isOrphan`. Returns whether it was removed.
 * Keeps it if a job or another removal has the id.
 *
 * Meanwhile, the id is reserved for the removal. So a signed request that arrives late cannot remove equal
 * bytes that a new job has put at the key. If this call fails, the reservation stays. Whoever takes the
 * reservation over waits until the requests of this call have expired.
 * @param confirm throws if somebody needs the object after all
 */
export async function removeOrphan(
  store: Bucket,
  ref: DestinationRef,
  key: string,
  isOrphan: () => Promise<boolean>,
  confirm: Confirm | undefined,
): Promise<boolean> {
  await confirm?.();
  const doomed = await reserveForRemoval(store, ref);
  if (doomed === undefined) return false;
  const isOurs = () => isStillDoomed(store, ref, doomed, watchWith(confirm));
  const isRemoved = await removeWhere(store, key, async () => (await isOrphan()) && isOurs());
  await removeCurrent(store, store.keys.job(ref.image_id), doomed.etag, isOurs);
  return isRemoved;
}

async function reserveForRemoval(store: Bucket, ref: DestinationRef) {
  // An attempt that takes the removal over aborts the upload that the job object names. So the job object
  // MUST name an upload.
  const upload = await createUpload(store, store.keys.data(ref.image_id), { mark: ref.mark });
  try {
    return await createDoomedObject(store, ref, upload.UploadId);
  } finally {
    await abortUpload(store, upload);
  }
}
