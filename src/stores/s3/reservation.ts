import { pause } from '../../wait/index.ts';
import type { DestinationRef, Watch } from '../port.ts';
import { isStoreError } from '../store-error.ts';
import { EXPIRY } from './brief-delete.ts';
import type { Bucket } from './bucket.ts';
import type { JobObject } from './job-content.ts';
import {
  createJobObject,
  type DoomedObject,
  doomJobObject,
  readJobObject,
  replaceJobObject,
} from './job-object.ts';
import { headOf } from './read-object.ts';
import { removeCurrent, removeWhere } from './remove-object.ts';
import { mayBelongTo } from './stamp.ts';
import { abortUpload, createUpload } from './upload.ts';

/** Returns the keys at which the upload with an id may be. */
export type UploadKeys = (uploadId: string) => readonly string[] | Promise<readonly string[]>;

/**
 * Removes everything that this job has made for an image, and frees the id. Returns `false` if the image is
 * not this job's. Throws `conflict` if a higher attempt has taken it.
 */
export async function removeReservation(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  uploadKeys: UploadKeys,
  watch?: Watch,
): Promise<boolean> {
  const doomed = await doomJobObject(store, ref, attempt);
  if (doomed === undefined) return false;
  await removeContents(store, ref, doomed, uploadKeys, watch);
  await untilOthersExpire(doomed, watch?.signal);
  // The job object goes last, because it says to which job the rest belongs.
  const isOurs = () => isStillDoomed(store, ref, doomed, watch);
  await removeCurrent(store, store.keys.job(ref.image_id), doomed.etag, isOurs);
  return true;
}

/**
 * Reserves an image id for a job. Returns whether this attempt has the id now. First removes everything that
 * an earlier attempt of the job has made, because bytes from two inspections of the source must not mix.
 * @param seen the job object as it was a moment ago; `undefined` if there was none
 */
export async function reserveId(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  seen: JobObject | undefined,
  uploadKeys: UploadKeys,
): Promise<boolean> {
  try {
    const isOurs = seen?.mark === ref.mark;
    const earlier = isOurs ? await doomJobObject(store, ref, attempt, attempt - 1) : undefined;
    if (earlier !== undefined) {
      await removeContents(store, ref, earlier, uploadKeys);
      await untilOthersExpire(earlier);
    }
    if (await beginUpload(store, ref, attempt, earlier)) return true;
  } catch (error) {
    if (!isStoreError(error, 'conflict')) throw error;
  }
  // Another call of the same attempt may have been faster.
  return isReservation(await readJobObject(store, ref.image_id), ref, attempt);
}

/**
 * If another call had begun the removal, waits until the requests that it has signed have expired. Before
 * that, new data MUST NOT be put at the image's keys.
 */
async function untilOthersExpire({ isTakenOver }: DoomedObject, signal?: AbortSignal): Promise<void> {
  if (isTakenOver) await pause(EXPIRY, signal);
}

/** Begins the upload of the data, and notes it in the job object. Returns `false` if somebody was faster. */
async function beginUpload(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  earlier: DoomedObject | undefined,
): Promise<boolean> {
  const stamp = { mark: ref.mark, reserved: attempt };
  const upload = await createUpload(store, store.keys.data(ref.image_id), stamp);
  const isNoted = await noteUpload(store, ref, attempt, upload.UploadId, earlier).catch(async (error) => {
    // If the job object was written after all, `OwnUpload` finds the upload gone, and begins another one.
    await abortUpload(store, upload).catch(() => {});
    throw error;
  });
  if (!isNoted) await abortUpload(store, upload);
  return isNoted;
}

/** Writes the job object of a reservation. Returns `false` if somebody was faster. */
async function noteUpload(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  upload_id: string,
  earlier: DoomedObject | undefined,
): Promise<boolean> {
  if (earlier === undefined) return createJobObject(store, ref, attempt, upload_id);
  const fresh = { by_server: undefined, doomed: undefined, removal: undefined };
  const changes = { ...fresh, attempt, reserved: attempt, upload_id };
  return (await replaceJobObject(store, ref, earlier, changes)) !== undefined;
}

/** Tells whether a job object says that this very attempt has reserved the image id. */
export function isReservation(job: JobObject | undefined, ref: DestinationRef, attempt: number): boolean {
  return job?.mark === ref.mark && job.attempt === attempt && !job.doomed;
}

/**
 * Removes everything but the job object. The record goes first, because without it there is no image. Right
 * before each object is removed, looks at the job object: another call may have finished the removal, and a
 * later attempt may have started over.
 */
async function removeContents(
  store: Bucket,
  ref: DestinationRef,
  doomed: DoomedObject,
  uploadKeys: UploadKeys,
  watch?: Watch,
): Promise<void> {
  const { keys } = store;
  const isOurs = () => isStillDoomed(store, ref, doomed, watch);
  await removeWhere(store, keys.record(ref.image_id), isOurs);
  const { upload_id: UploadId } = doomed;
  for (const Key of await uploadKeys(UploadId)) await abortUpload(store, { Key, UploadId });
  await removeWhere(store, keys.data(ref.image_id), isOurs);
}

/**
 * Tells whether the job object is still as this call has doomed it. Throws if the caller no longer wants the
 * removal (see `Watch`).
 */
export async function isStillDoomed(
  store: Bucket,
  ref: DestinationRef,
  { etag }: JobObject,
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
  return record !== undefined && mayBelongTo(record.stamp, job);
}
