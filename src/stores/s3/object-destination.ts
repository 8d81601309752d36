import { received } from '../../http/index.ts';
import type { DestinationRef, ImageDestination, Watch } from '../port.ts';
import { goneFor, overtaken } from '../refusals.ts';
import { canTell, haveDigests } from '../same-bytes.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { copyLarge, copySmall, createCopyUpload, type ObjectCopy, takesUpload } from './copy-object.ts';
import { fromS3, isAbsent, onS3 } from './errors.ts';
import { claimJobObject, type JobObject, readJobObject, replaceJobObject } from './job-object.ts';
import { objectKey } from './object-path.ts';
import { headOf, openObject } from './read-object.ts';
import { isReservation, removeMarked, reserve } from './reservation.ts';
import { openUpload } from './sink.ts';
import { stagingOf } from './staging.ts';
import { abortUpload, type Upload } from './upload.ts';

/**
 * The writing half of a bucket, for large objects. They are put together where no list finds them, and then
 * copied to their path by the server itself. A multipart upload to the path itself could not be read back
 * before it is there for all to see.
 */
export function s3ObjectDestination(store: Bucket): ImageDestination {
  return {
    prepare: (ref, attempt) =>
      onS3(async () => {
        objectKey(store, ref.image_id);
        const staging = stagingOf(store, ref);
        const job = await readJobObject(staging, ref.image_id);
        if (isReservation(job, ref, attempt)) return;
        if (!(await reserve(staging, ref, attempt, job, uploadKeys(staging, ref)))) throw overtaken();
      }),

    // An object at the key is replaced once more: nobody can tell whose it is.
    adopt: async () => null,

    openSink: (ref, attempt, size) =>
      onS3(async () => {
        objectKey(store, ref.image_id);
        const staging = stagingOf(store, ref);
        return openUpload(staging, ref, await claimJobObject(staging, ref, attempt), size);
      }),

    commit: (ref, attempt, { size, properties }, watch) =>
      onS3(async () => {
        const to = objectKey(store, ref.image_id);
        const staging = stagingOf(store, ref);
        const from = staging.keys.data(ref.image_id);
        const copy = { from, to, size, attributes: properties };
        await publish(staging, ref, attempt, copy, watch).catch(async (error) => {
          if (fromS3(error).code !== 'not_found') throw error;
          // Another attempt may have come to the end first, or an answer to this one may have been lost.
          if (await isCommitted(store, to, ref, size, watch)) return;
          // Only an upload that is gone when an attempt begins is gone for good.
          throw isAbsent(error)
            ? new StoreError('unavailable', 'the copy was broken off', { cause: error })
            : error;
        });
        await removeMarked(staging, ref, attempt, uploadKeys(staging, ref), watch);
      }, watch?.signal),

    discard: (ref, attempt, watch) => {
      const staging = stagingOf(store, ref);
      return onS3(() => removeMarked(staging, ref, attempt, uploadKeys(staging, ref), watch));
    },
  };
}

/**
 * Copies the object that was put together to its path. Throws `not_found` if it is not there, or not whole.
 */
async function publish(
  staging: Bucket,
  ref: DestinationRef,
  attempt: number,
  copy: ObjectCopy,
  watch?: Watch,
): Promise<void> {
  const job = await claimJobObject(staging, ref, attempt);
  if ((await headOf(staging, copy.from))?.size !== copy.size) throw goneFor(ref);
  if (!takesUpload(copy)) return copySmall(staging, copy);
  // The upload that took the data is complete: in its place the job names the one that takes the copy.
  if (await copyLarge(staging, copy, { Key: copy.to, UploadId: job.upload_id }, watch)) return;
  await copyLarge(staging, copy, await beginCopy(staging, ref, job, copy), watch);
}

/**
 * Begins the upload that takes the copy. It gets parts only once the job names it: if a crash comes in
 * between, the upload cannot be told from somebody else's to the same path, but holds no bytes.
 */
async function beginCopy(
  staging: Bucket,
  ref: DestinationRef,
  job: JobObject,
  copy: ObjectCopy,
): Promise<Upload> {
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

/** Returns the keys at which a job's upload may be: that of the data, and that of the object itself. */
function uploadKeys({ keys }: Bucket, { image_id }: DestinationRef): readonly string[] {
  return [keys.data(image_id), keys.bare(image_id)];
}

/**
 * Tells whether the object at a key is the one that a job has copied. An object bears no mark, so its digest
 * has to tell. All of it is read for that, but only after a commit whose answer was lost.
 */
async function isCommitted(
  store: Bucket,
  key: string,
  { digests }: DestinationRef,
  size: number,
  watch?: Watch,
): Promise<boolean> {
  const head = await headOf(store, key);
  if (head?.size !== size || !canTell(digests)) return false;
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
