import { setTimeout as sleep } from 'node:timers/promises';
import type { DestinationRef, Watch } from '../port.ts';
import { isStoreError } from '../store-error.ts';
import { EXPIRY } from './brief-delete.ts';
import type { Bucket } from './bucket.ts';
import {
  createJobObject,
  type DoomedObject,
  doomJobObject,
  type JobObject,
  readJobObject,
  replaceJobObject,
} from './job-object.ts';
import { headOf } from './read-object.ts';
import { removeCurrent, removeWhere } from './remove-object.ts';
import { isOf } from './stamp.ts';
import { abortUpload, createUpload } from './upload.ts';

/**
 * Removes all that this job has in the place of one image, unless a higher attempt has taken it (`conflict`).
 * @param uploadKeys the keys at which the upload that the job object names may be
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
  await othersExpire(doomed, watch?.signal);
  // The job object goes last: it says whose the rest is.
  const isOurs = () => isStillDoomed(store, ref, doomed, watch);
  await removeCurrent(store, store.keys.job(ref.image_id), doomed.etag, isOurs);
}

/**
 * Reserves the place of an image for a job. First removes what an earlier attempt of the job has there: bytes
 * of its inspection of the source must not mix with those of this one. Returns whether the place is now this
 * attempt's.
 * @param seen the job object as it was a moment ago
 */
export async function reserve(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  seen: JobObject | undefined,
  uploadKeys: readonly string[],
): Promise<boolean> {
  try {
    // If this job has come to a free place meanwhile, the place is not taken again below.
    const isOurs = seen?.mark === ref.mark;
    const earlier = isOurs ? await doomJobObject(store, ref, attempt, attempt - 1) : undefined;
    if (earlier !== undefined) {
      await removeContents(store, ref, earlier, uploadKeys);
      await othersExpire(earlier);
    }
    if (await startUpload(store, ref, attempt, earlier)) return true;
  } catch (error) {
    if (!isStoreError(error, 'conflict')) throw error;
  }
  // Another call of the same attempt may have been faster.
  return isReservation(await readJobObject(store, ref.image_id), ref, attempt);
}

/**
 * Waits until the server obeys no request any more of another call that was removing the same image. New data
 * MUST NOT come to the place before that.
 */
async function othersExpire({ isTakenOver }: DoomedObject, signal?: AbortSignal): Promise<void> {
  if (isTakenOver) await sleep(EXPIRY, undefined, { ...(signal && { signal }) });
}

/** Begins the upload of the data, and notes it in the job object. Returns `false` if somebody was faster. */
async function startUpload(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  earlier: DoomedObject | undefined,
): Promise<boolean> {
  const stamp = { mark: ref.mark, reserved: attempt };
  const upload = await createUpload(store, store.keys.data(ref.image_id), stamp);
  const upload_id = upload.UploadId;
  const isNoted = await (earlier === undefined
    ? createJobObject(store, ref, attempt, upload_id)
    : replaceJobObject(store, ref, earlier, {
        ...stamp,
        attempt,
        upload_id,
        by_server: undefined,
        doomed: undefined,
        removal: undefined,
      })
  ).catch(async (error) => {
    // Perhaps nobody else ever hears of the upload. If it was noted after all, it is begun anew.
    await abortUpload(store, upload).catch(() => {});
    throw error;
  });
  if (!isNoted) await abortUpload(store, upload);
  return Boolean(isNoted);
}

/** Tells whether a job object says that this very attempt has reserved the place of an image. */
export function isReservation(job: JobObject | undefined, ref: DestinationRef, attempt: number): boolean {
  return job?.mark === ref.mark && job.attempt === attempt && !job.doomed;
}

/**
 * Removes all but the job object. The record goes first: without it there is no image. Before each removal,
 * looks again whether the place is still the one that was doomed: another call may have finished the removal,
 * and a later attempt may have begun anew.
 */
async function removeContents(
  store: Bucket,
  ref: DestinationRef,
  doomed: DoomedObject,
  uploadKeys: readonly string[],
  watch?: Watch,
): Promise<void> {
  const { keys } = store;
  const isOurs = () => isStillDoomed(store, ref, doomed, watch);
  await removeWhere(store, keys.record(ref.image_id), isOurs);
  for (const Key of uploadKeys) await abortUpload(store, { Key, UploadId: doomed.upload_id });
  await removeWhere(store, keys.data(ref.image_id), isOurs);
}

/**
 * Tells whether the place is still the one that this call has doomed. Throws if the caller does not want the
 * removal any more (see `Watch`).
 */
async function isStillDoomed(
  store: Bucket,
  ref: DestinationRef,
  { etag }: DoomedObject,
  watch: Watch | undefined,
): Promise<boolean> {
  if ((await readJobObject(store, ref.image_id))?.etag !== etag) return false;
  await watch?.confirm();
  return true;
}

/** Tells whether the job has committed its image, and is not about to remove it. */
export async function isCommitted(store: Bucket, ref: DestinationRef): Promise<boolean> {
  const job = await readJobObject(store, ref.image_id);
  if (job?.mark !== ref.mark || job.doomed) return false;
  const record = await headOf(store, store.keys.record(ref.image_id));
  return record !== undefined && isOf(record.stamp, job);
}
