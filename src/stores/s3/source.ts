import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { type ImageRecord, isVisibleTo } from '../../image/index.ts';
import { readBounded } from '../bounded.ts';
import { recordOfObject } from '../object-record.ts';
import type { ImageSource, SourceRef } from '../port.ts';
import { assertDataSize, MAX_RECORD_SIZE, recordFromJson } from '../record-json.ts';
import { notActiveError, notFoundError } from '../refusals.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, onS3 } from './errors.ts';
import { isPinOf, openPinned, pinObject } from './pinned-object.ts';

/** Tells whether an id can be an image's. Such an id has no slash. */
export const isImageId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(id);

/** Tells whether a reference may name an object by its key, which only an operator may do. */
const isObjectKey = ({ tenant_id, image_id }: SourceRef): boolean =>
  tenant_id === null && image_id.isWellFormed() && /^[^\0]{1,900}$/.test(image_id);

/** The reading half of an S3 store. */
export function s3Source(store: Bucket): ImageSource {
  const { keys } = store;
  return {
    inspect: (ref) =>
      naming(ref, async () => {
        // Each answer may take long. So the data is looked at while the record is read.
        const data = isImageId(ref.image_id) ? pinObject(store, keys.data(ref.image_id)) : undefined;
        // If the record is missing or refused, nothing awaits `data`. Its error must not end the process.
        data?.catch(() => {});
        const record = await readRecord(store, ref.image_id);
        if (record === undefined || data === undefined) return await inspectObject(ref);
        if (!isVisibleTo(record, ref.tenant_id)) throw notFoundError(ref);
        if (record.status !== 'active') throw notActiveError(ref, record.status);
        const { size, pin } = await data;
        assertDataSize({ id: ref.image_id, size: record.size }, size);
        return { record, pin };
      }),

    openReader: (ref, pin, options) =>
      naming(ref, async () => {
        const objectKey = keys.object(ref.image_id);
        const isObject = isObjectKey(ref) && isPinOf(objectKey, pin);
        if (!isObject && !isImageId(ref.image_id)) throw notFoundError(ref);
        return openPinned(store, isObject ? objectKey : keys.data(ref.image_id), pin, options);
      }),
  };

  /** Inspects an object without a record, by its key. Only operators may, because it has no owner. */
  async function inspectObject(ref: SourceRef) {
    if (!isObjectKey(ref)) throw notFoundError(ref);
    const { size, modified, pin } = await pinObject(store, keys.object(ref.image_id));
    return { record: recordOfObject(ref.image_id, size, modified), pin };
  }
}

/** Makes calls about an image. If something is not there, the error names the image. */
async function naming<T>(ref: SourceRef, calls: () => Promise<T>): Promise<T> {
  return onS3(calls).catch((error) => {
    throw isStoreError(error, 'not_found') ? notFoundError(ref) : error;
  });
}

/** Reads an image's record; `undefined` if there is none. Throws `invalid_image` if it cannot be used. */
export async function readRecord(
  { client, bucket, keys }: Bucket,
  imageId: string,
): Promise<ImageRecord | undefined> {
  if (!isImageId(imageId)) return undefined;
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keys.record(imageId) }));
    if (!(Body instanceof Readable)) throw new StoreError('unavailable', 'the object store sent no data');
    return recordFromJson(await readBounded(Body, MAX_RECORD_SIZE), imageId);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
