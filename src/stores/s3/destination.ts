import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { recordToJson } from '../record-json.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { onS3 } from './errors.ts';
import {
  claimJobObject,
  createJobObject,
  ownJobObject,
  readJobObject,
  removeJobObject,
} from './job-object.ts';
import { sizeOfObject } from './read-object.ts';
import { removeData, removeObject } from './remove-object.ts';
import { openUpload } from './sink.ts';
import { isImageId, readRecord } from './source.ts';
import { abortUpload, createUpload } from './upload.ts';

/** The writing half of an S3 store. */
export function s3Destination(store: Bucket): ImageDestination {
  const { client, bucket, keys } = store;
  return {
    prepare: (ref) =>
      onS3(async () => {
        if (!isImageId(ref.image_id)) throw new StoreError('invalid_image', 'id: no image has such an id');
        if ((await readJobObject(store, ref.image_id))?.mark === ref.mark) return;
        const data = keys.data(ref.image_id);
        const isTaken =
          (await readRecord(store, ref.image_id)) !== undefined ||
          (await sizeOfObject(store, data)) !== undefined;
        if (isTaken) throw taken(ref);
        const upload = await createUpload(store, data);
        if (await createJobObject(store, ref, upload.UploadId)) return;
        await abortUpload(store, upload);
        // Another call of the same job was faster, or another job.
        if ((await readJobObject(store, ref.image_id))?.mark !== ref.mark) throw taken(ref);
      }),

    openSink: (ref, attempt, size) =>
      onS3(async () => {
        assertId(ref);
        const job = await claimJobObject(store, ref, attempt);
        return openUpload(store, ref, job, size);
      }),

    commit: (ref, record) =>
      onS3(async () => {
        assertId(ref);
        await ownJobObject(store, ref);
        const object = { Bucket: bucket, Key: keys.record(ref.image_id), ContentType: 'application/json' };
        await client.send(new PutObjectCommand({ ...object, Body: recordToJson(record) }));
        // A discard may have come between: either of the two removes the record then.
        await ownJobObject(store, ref).catch(async (error) => {
          if (error.code === 'not_found') await removeObject(store, keys.record(ref.image_id));
          throw error;
        });
      }),

    discard: (ref) =>
      onS3(async () => {
        if (!isImageId(ref.image_id)) return;
        const job = await readJobObject(store, ref.image_id);
        if (job?.mark !== ref.mark) return;
        // What makes it an image goes first, and what makes it ours goes last.
        await removeObject(store, keys.record(ref.image_id));
        await abortUpload(store, { Key: keys.data(ref.image_id), UploadId: job.upload_id });
        await removeData(store, keys.data(ref.image_id));
        await removeJobObject(store, ref.image_id);
        // A commit that was under way may have written it again.
        await removeObject(store, keys.record(ref.image_id));
      }),
  };
}

function assertId(ref: DestinationRef): void {
  if (!isImageId(ref.image_id)) throw new StoreError('not_found', `there is no image ${ref.image_id}`);
}

function taken(ref: DestinationRef): StoreError {
  return new StoreError('conflict', `image id ${ref.image_id} is taken at the destination`);
}
