import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { MIB } from '../../memory/index.ts';
import type { ObjectAttributes, Watch } from '../port.ts';
import { parametersFor } from './attributes.ts';
import type { Bucket } from './bucket.ts';
import { copyPart } from './copy-part.ts';
import { isS3Error } from './errors.ts';
import type { Replace } from './replace-object.ts';
import { abortUpload, completeUpload, listParts, type MultipartUpload, type UploadedPart } from './upload.ts';

/** Bytes of a piece. One request copies a piece in far less time than a request may take. */
const PIECE = 256 * MIB;
/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PIECES = 10_000;
/** Number of pieces that are copied at a time. */
const AT_ONCE = 4;

/** A copy of an object within a bucket. */
export interface ObjectCopy {
  readonly from: string;
  readonly to: string;
  readonly size: number;
  readonly attributes: ObjectAttributes;
}

/** Begins the upload of a copy. */
export async function createCopyUpload(
  { client, bucket }: Bucket,
  { to, attributes }: ObjectCopy,
): Promise<MultipartUpload> {
  const create = new CreateMultipartUploadCommand({ Bucket: bucket, Key: to, ...parametersFor(attributes) });
  const { UploadId = '' } = await client.send(create);
  return { Key: to, UploadId };
}

/**
 * Lets the server copy the pieces that the upload does not have yet, and completes the upload. Returns
 * `false` if the upload is gone. Copies a small object in this way too: some servers (versitygw) ignore the
 * conditions of `CopyObject`.
 */
export async function copyObject(
  store: Bucket,
  copy: ObjectCopy,
  upload: MultipartUpload,
  replace: Replace,
  watch?: Watch,
): Promise<boolean> {
  const there = await listParts(store, upload);
  if (there === undefined) return false;
  const parts = [...there, ...(await copyMissing(store, copy, upload, there, watch))];
  watch?.signal.throwIfAborted();
  await replace({
    key: copy.to,
    confirm: watch?.confirm,
    looksFirst: true,
    write: (condition, confirm) =>
      completeUpload(store, upload, parts, condition, confirm).catch(async (error) => {
        // After this error, the upload can never be completed (CompleteMultipartUpload, API Reference).
        if (isS3Error(error, 'ConditionalRequestConflict')) await abortUpload(store, upload);
        throw error;
      }),
  });
  return true;
}

/**
 * Copies the pieces that the upload does not have yet. After an error, begins no more pieces, but waits for
 * those that are under way. The next try finds them in the upload.
 */
async function copyMissing(
  store: Bucket,
  { from, size }: ObjectCopy,
  upload: MultipartUpload,
  there: readonly UploadedPart[],
  watch: Watch | undefined,
): Promise<readonly UploadedPart[]> {
  const piece = Math.max(PIECE, Math.ceil(size / MAX_PIECES / MIB) * MIB);
  const numbers = Array.from({ length: Math.ceil(size / piece) }, (_, index) => index + 1);
  const done = new Set(there.map(({ PartNumber }) => PartNumber));
  const missing = numbers.filter((number) => !done.has(number));
  const source = { bucket: store.bucket, key: from, size };
  const copied: UploadedPart[] = [];
  const errors: unknown[] = [];
  const copyPiece = async (number: number) => {
    if (errors.length > 0) return;
    const range = [(number - 1) * piece, Math.min(size, number * piece)] as const;
    try {
      copied.push(await copyPart(store, upload, number, source, range, watch?.signal));
      watch?.moved();
    } catch (error) {
      errors.push(error);
    }
  };
  await pMap(missing, copyPiece, { concurrency: AT_ONCE });
  if (errors.length > 0) throw errors[0];
  return copied;
}
