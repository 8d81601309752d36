import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { ImageRecord } from '../../image/index.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { recordToJson } from '../record-json.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { isS3Error, onS3 } from './errors.ts';
import { claimJobObject, goneFor, ownJobObject, readJobObject } from './job-object.ts';
import { headOf } from './read-object.ts';
import { removeExactly } from './remove-object.ts';
import { isCommitted, isReservedBy, removeMarked, reserve } from './reservation.ts';
import { openUpload } from './sink.ts';
import { isImageId, readRecord } from './source.ts';

/** The writing half of an S3 store. */
export function s3Destination(store: Bucket): ImageDestination {
  const { keys } = store;
  return {
    prepare: (ref, attempt) =>
      onS3(async () => {
        if (!isImageId(ref.image_id)) throw new StoreError('invalid_image', 'id: no image has such an id');
        if (await isReservedBy(store, ref, attempt)) return;
        const data = keys.data(ref.image_id);
        const isOurs = (await readJobObject(store, ref.image_id))?.mark === ref.mark;
        const isTaken = isOurs
          ? await isCommitted(store, ref)
          : (await readRecord(store, ref.image_id)) !== undefined ||
            (await headOf(store, data)) !== undefined;
        if (isTaken || !(await reserve(store, ref, attempt, [data]))) throw taken(ref);
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
        const job = await claimJobObject(store, ref, attempt);
        return openUpload(store, ref, job, size);
      }),

    commit: (ref, attempt, record) =>
      onS3(async () => {
        assertId(ref);
        await claimJobObject(store, ref, attempt);
        if ((await headOf(store, keys.data(ref.image_id)))?.size !== record.size) throw goneFor(ref);
        const written = await createRecord(store, ref, record);
        // A discard may have come between: either of the two removes the record then.
        await ownJobObject(store, ref).catch(async (error) => {
          if (written !== undefined) await removeExactly(store, keys.record(ref.image_id), written);
          throw error;
        });
      }),

    discard: (ref, attempt, watch) =>
      onS3(async () => {
        if (!isImageId(ref.image_id)) return;
        if (!ref.committing && (await isCommitted(store, ref))) return;
        await removeMarked(store, ref, attempt, [keys.data(ref.image_id)], watch);
      }),
  };
}

/** Writes the record, if there is none yet, and returns its ETag; `undefined` where there is one. */
async function createRecord(
  { client, bucket, keys }: Bucket,
  ref: DestinationRef,
  record: ImageRecord,
): Promise<string | undefined> {
  const object = { Bucket: bucket, Key: keys.record(ref.image_id), ContentType: 'application/json' };
  const put = { ...object, Body: recordToJson(record), IfNoneMatch: '*' };
  try {
    return (await client.send(new PutObjectCommand(put))).ETag;
  } catch (error) {
    if (isS3Error(error, 'PreconditionFailed')) return undefined;
    throw error;
  }
}

function assertId(ref: DestinationRef): void {
  if (!isImageId(ref.image_id)) throw goneFor(ref);
}

function taken(ref: DestinationRef): StoreError {
  return new StoreError('conflict', `image id ${ref.image_id} is taken at the destination`);
}
