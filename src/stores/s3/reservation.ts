import type { DestinationRef, Watch } from '../port.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import {
  createJobObject,
  doomJobObject,
  type JobObject,
  readJobObject,
  replaceJobObject,
} from './job-object.ts';
import { headOf } from './read-object.ts';
import { removeData, removeExactly, removePresent } from './remove-object.ts';
import { abortUpload, createUpload } from './upload.ts';

/**
 * Removes all that this job has in the place of one image, unless a higher attempt has taken it (`conflict`).
 * @param uploadKeys where the upload that the job object names may be
 */
export async function removeMarked(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  uploadKeys: readonly string[],
  watch?: Watch,
): Promise<void> {
  const doomed = await doomJobObject(store, ref, attempt);
  if (doomed === undefined) return;
  await removeContents(store, ref, doomed, uploadKeys, watch);
  // What makes it the job's goes last.
  await removeExactly(store, store.keys.job(ref.image_id), doomed.etag);
}

/**
 * Reserves the place of an image for a job. What an earlier attempt of the job has there goes first: bytes of its
 * inspection of the source must not mix with those of this one. Returns whether it is this attempt's now.
 */
export async function reserve(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  uploadKeys: readonly string[],
): Promise<boolean> {
  try {
    const earlier = await doomJobObject(store, ref, attempt, attempt - 1);
    if (earlier !== undefined) await removeContents(store, ref, earlier, uploadKeys);
    if (await startUpload(store, ref, attempt, earlier)) return true;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'conflict') throw error;
  }
  // Another call of the same attempt may have been faster.
  return isReservedBy(store, ref, attempt);
}

/** Begins the upload of the data, and notes it in the job object; returns whether nobody was faster. */
async function startUpload(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  earlier: JobObject | undefined,
): Promise<boolean> {
  const upload = await createUpload(store, store.keys.data(ref.image_id), ref);
  const upload_id = upload.UploadId;
  const isNoted =
    earlier === undefined
      ? await createJobObject(store, ref, attempt, upload_id)
      : await replaceJobObject(store, ref, earlier, { attempt, upload_id, doomed: undefined });
  if (!isNoted) await abortUpload(store, upload);
  return Boolean(isNoted);
}

/** Whether this very attempt has reserved the place of an image. */
export async function isReservedBy(store: Bucket, ref: DestinationRef, attempt: number): Promise<boolean> {
  const job = await readJobObject(store, ref.image_id);
  return job?.mark === ref.mark && job.attempt === attempt && !job.doomed;
}

/** Removes all but the job object. What makes it an image goes first. */
async function removeContents(
  store: Bucket,
  ref: DestinationRef,
  { upload_id: UploadId }: JobObject,
  uploadKeys: readonly string[],
  watch?: Watch,
): Promise<void> {
  const { keys } = store;
  await removePresent(store, keys.record(ref.image_id));
  for (const Key of uploadKeys) await abortUpload(store, { Key, UploadId });
  await removeData(store, keys.data(ref.image_id), watch);
}

/** Whether the job has committed its image, and is not about to remove it. */
export async function isCommitted(store: Bucket, ref: DestinationRef): Promise<boolean> {
  const job = await readJobObject(store, ref.image_id);
  if (job?.mark !== ref.mark || job.doomed) return false;
  return (await headOf(store, store.keys.record(ref.image_id))) !== undefined;
}
