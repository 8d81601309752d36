import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { ImageRecord } from '../../image/index.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { recordToJson } from '../record-json.ts';
import { goneError, idTakenError } from '../refusals.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { isS3Error, onS3 } from './errors.ts';
import type { JobObject } from './job-content.ts';
import { claimJobObject, readJobObject } from './job-object.ts';
import { headOf } from './read-object.ts';
import { removeExactly } from './remove-object.ts';
import { isCommitted, isReservation, removeReservation, reserveId } from './reservation.ts';
import { openUpload } from './sink.ts';
import { isImageId, readRecord } from './source.ts';
import { mayBelongTo, metadataOf } from './stamp.ts';

/** The writing half of an S3 store. */
export function s3Destination(store: Bucket): ImageDestination {
  const { keys } = store;
  return {
    prepare: (ref, attempt) =>
      onS3(async () => {
        if (!isImageId(ref.image_id))
          throw new StoreError('invalid_image', 'id: has characters that this store does not allow');
        const data = keys.data(ref.image_id);
        const [job, ...contents] = await Promise.all([
          readJobObject(store, ref.image_id),
          headOf(store, keys.record(ref.image_id)),
          headOf(store, data),
        ]);
        if (isReservation(job, ref, attempt)) return;
        const isOurs = job?.mark === ref.mark;
        const hasContents = contents.some((object) => object !== undefined);
        const isTaken = isOurs ? await isCommitted(store, ref) : hasContents;
        if (isTaken || !(await reserveId(store, ref, attempt, job, () => [data]))) throw idTakenError(ref);
      }),

    adopt: (ref, attempt) =>
      onS3(async () => {
        if (!isImageId(ref.image_id) || !(await isCommitted(store, ref))) return null;
        await claimJobObject(store, ref, attempt);
        return (await readRecord(store, ref.image_id)) ?? null;
      }),

    openSink: (ref, attempt, size) =>
      onS3(async () => {
        assertId(ref);
        return openUpload(store, ref, attempt, size);
      }),

    commit: (ref, attempt, record) =>
      onS3(async () => {
        assertId(ref);
        const [job, data] = await Promise.all([
          claimJobObject(store, ref, attempt),
          headOf(store, keys.data(ref.image_id)),
        ]);
        if (data?.size !== record.size || !mayBelongTo(data.stamp, job)) throw goneError(ref);
        const written = await writeRecord(store, ref, job, record);
        if (await isReserved(store, ref, job)) return;
        // A discard has begun meanwhile, and may have missed the record.
        if (written !== undefined) await removeExactly(store, keys.record(ref.image_id), written);
        throw goneError(ref);
      }),

    discard: (ref, attempt, watch) =>
      onS3(async () => {
        if (!isImageId(ref.image_id)) return;
        if (!ref.committing && (await isCommitted(store, ref))) return;
        await removeReservation(store, ref, attempt, () => [keys.data(ref.image_id)], watch);
      }),
  };
}

/** Tells whether the job object still has this reservation. */
async function isReserved(store: Bucket, ref: DestinationRef, { reserved }: JobObject): Promise<boolean> {
  const now = await readJobObject(store, ref.image_id);
  return now?.mark === ref.mark && !now.doomed && now.reserved === reserved;
}

/**
 * Writes the record and returns its ETag; `undefined` if this reservation has a record already. Replaces a
 * record that a delayed request of an earlier reservation has written.
 */
async function writeRecord(
  store: Bucket,
  ref: DestinationRef,
  job: JobObject,
  record: ImageRecord,
): Promise<string | undefined> {
  const { client, bucket, keys } = store;
  const Key = keys.record(ref.image_id);
  const object = { Bucket: bucket, Key, ContentType: 'application/json', Metadata: metadataOf(job) };
  const put = async (condition: { IfNoneMatch: '*' } | { IfMatch: string }) =>
    (await client.send(new PutObjectCommand({ ...object, ...condition, Body: recordToJson(record) }))).ETag;
  try {
    return await put({ IfNoneMatch: '*' });
  } catch (error) {
    if (!isS3Error(error, 'PreconditionFailed')) throw error;
    const existing = await headOf(store, Key);
    if (existing !== undefined && mayBelongTo(existing.stamp, job)) return undefined;
    if (existing === undefined || !(await isReserved(store, ref, job))) throw goneError(ref);
    return await put({ IfMatch: existing.etag });
  }
}

/** Throws `not_found` for an id that no image can have. */
function assertId(ref: DestinationRef): void {
  if (!isImageId(ref.image_id)) throw goneError(ref);
}
