import { received } from '../../http/index.ts';
import type { DestinationRef, ImageDestination, Watch } from '../port.ts';
import { goneError, overtakenError } from '../refusals.ts';
import { hasAnyDigest, haveDigests } from '../same-bytes.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { copyObject, createCopyUpload, type ObjectCopy } from './copy-object.ts';
import { fromS3, isAbsent, onS3 } from './errors.ts';
import type { JobObject } from './job-content.ts';
import { claimJobObject, readJobObject, replaceJobObject } from './job-object.ts';
import { objectKey } from './object-path.ts';
import { putObject } from './put-object.ts';
import { headOf, openObject } from './read-object.ts';
import type { Replace } from './replace-object.ts';
import { isReservation, removeReservation, reserveId, type UploadKeys } from './reservation.ts';
import { openUpload } from './sink.ts';
import { stagingOf } from './staging.ts';
import { abortUpload, type MultipartUpload } from './upload.ts';

/**
 * The writing half of a bucket, for large objects. Uploads an object to a hidden key, where it can be read
 * back, and then lets the server copy it to its path.
 */
export function s3ObjectDestination(store: Bucket, replace: Replace): ImageDestination {
  return {
    prepare: (ref, attempt) =>
      onS3(async () => {
        // Throws `invalid_image` for a path that no object can have.
        objectKey(store, ref.image_id);
        const staging = stagingOf(store, ref);
        const job = await readJobObject(staging, ref.image_id);
        if (isReservation(job, ref, attempt)) return;
        if (!(await reserveId(staging, ref, attempt, job, uploadKeys(staging, ref)))) throw overtakenError();
      }),

    // A committed object bears no mark, so nobody can tell which job has made it. A later run replaces it
    // once more.
    adopt: async () => null,

    openSink: (ref, attempt, size) =>
      onS3(async () => {
        objectKey(store, ref.image_id);
        return openUpload(stagingOf(store, ref), ref, attempt, size);
      }),

    commit: (ref, attempt, { size, properties }, watch) =>
      onS3(async () => {
        const to = objectKey(store, ref.image_id);
        const staging = stagingOf(store, ref);
        const from = staging.keys.data(ref.image_id);
        const copy = { from, to, size, attributes: properties };
        await publish(staging, ref, attempt, copy, replace, watch).catch(async (error) => {
          if (fromS3(error).code !== 'not_found') throw error;
          // Another attempt may have been faster, or the answer to an earlier request may have been lost.
          if (await isCommitted(store, to, ref, size, watch)) return;
          // An object or an upload has disappeared. The next attempt finds out whether it is gone for good.
          throw isAbsent(error)
            ? new StoreError('unavailable', 'the copy was broken off', { cause: error })
            : error;
        });
        await tidyUp(staging, ref, attempt, watch);
      }, watch?.signal),

    discard: (ref, attempt, watch) => {
      const staging = stagingOf(store, ref);
      return onS3(async () => {
        await removeReservation(staging, ref, attempt, uploadKeys(staging, ref), watch);
      });
    },
  };
}

/**
 * Removes everything that only an unfinished object needs. The object is at its path by now. So even if
 * the bucket forbids the removal, the commit has succeeded. A sweep finds the leftovers.
 */
async function tidyUp(staging: Bucket, ref: DestinationRef, attempt: number, watch?: Watch): Promise<void> {
  await removeReservation(staging, ref, attempt, uploadKeys(staging, ref), watch).catch((error) => {
    if (fromS3(error).code !== 'forbidden') throw error;
  });
}

/** Copies the uploaded object to its path. Throws `not_found` if the upload is gone, or not whole. */
async function publish(
  staging: Bucket,
  ref: DestinationRef,
  attempt: number,
  copy: ObjectCopy,
  replace: Replace,
  watch?: Watch,
): Promise<void> {
  const job = await claimJobObject(staging, ref, attempt);
  if ((await headOf(staging, copy.from))?.size !== copy.size) throw goneError(ref);
  if (copy.size === 0) return putEmpty(staging, copy, replace, watch);
  // If an earlier try has begun the upload of the copy, the job object names that upload. Otherwise the job
  // object still names the upload of the data, which is complete. Then `copyObject` finds no upload.
  if (await copyObject(staging, copy, { Key: copy.to, UploadId: job.upload_id }, replace, watch)) return;
  await copyObject(staging, copy, await beginCopy(staging, ref, job, copy), replace, watch);
}

/** Puts an object of no bytes at its path. Such an object has no piece that could be copied. */
async function putEmpty(
  staging: Bucket,
  { to, attributes }: ObjectCopy,
  replace: Replace,
  watch?: Watch,
): Promise<void> {
  const object = { key: to, data: new Uint8Array(), attributes };
  await replace({
    key: to,
    confirm: watch?.confirm,
    write: (condition, confirm) => putObject(staging, object, condition, confirm),
  });
}

/**
 * Begins the upload of the copy, and notes it in the job object. After a crash before the note, nobody finds
 * the upload. That costs nothing, because the upload has no parts yet.
 */
async function beginCopy(
  staging: Bucket,
  ref: DestinationRef,
  job: JobObject,
  copy: ObjectCopy,
): Promise<MultipartUpload> {
  const upload = await createCopyUpload(staging, copy);
  try {
    const named = await replaceJobObject(staging, ref, job, { upload_id: upload.UploadId });
    if (named === undefined) throw new StoreError('unavailable', 'another call is committing the object');
    return upload;
  } catch (error) {
    await abortUpload(staging, upload);
    throw error;
  }
}

/** Returns the keys at which a job's upload may be: the key of the data, and that of the object itself. */
function uploadKeys({ keys }: Bucket, { image_id }: DestinationRef): UploadKeys {
  return () => [keys.data(image_id), keys.object(image_id)];
}

/** Tells whether the object at a key is the one that a job has copied. Reads all of it for its digests. */
async function isCommitted(
  store: Bucket,
  key: string,
  { digests }: DestinationRef,
  size: number,
  watch?: Watch,
): Promise<boolean> {
  const head = await headOf(store, key);
  if (head?.size !== size || !hasAnyDigest(digests)) return false;
  const { signal } = watch ?? new AbortController();
  const { body } = await openObject(store, key, { IfMatch: head.etag }, signal);
  return haveDigests(watched(received(body), watch), digests);
}

async function* watched<T>(chunks: AsyncIterable<T>, watch: Watch | undefined): AsyncGenerator<T> {
  for await (const chunk of chunks) {
    watch?.moved();
    yield chunk;
  }
}
