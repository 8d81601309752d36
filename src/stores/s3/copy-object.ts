import { CreateMultipartUploadCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import { MIB } from '../../memory/index.ts';
import type { ObjectAttributes, Watch } from '../port.ts';
import { parametersFor } from './attributes.ts';
import type { Bucket } from './bucket.ts';
import { isS3Error } from './errors.ts';
import type { Replace } from './replace-object.ts';
import { abortUpload, completeUpload, listParts, type MultipartUpload, type UploadedPart } from './upload.ts';

/** Bytes of a piece, which one request copies in far less time than a request may take. */
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
 * `false` if the upload is gone. An object of a single piece goes this way too: some servers (versitygw) have
 * conditions for the request that completes an upload, and ignore them for `CopyObject`.
 */
export async function copyObject(
  store: Bucket,
  copy: ObjectCopy,
  upload: MultipartUpload,
  replace: Replace,
  watch?: Watch,
): Promise<boolean> {
  const { client, bucket } = store;
  const there = await listParts(store, upload);
  if (there === undefined) return false;
  const piece = Math.max(PIECE, Math.ceil(copy.size / MAX_PIECES / MIB) * MIB);
  const parts = new Map<number, UploadedPart>(there.map((part) => [part.PartNumber, part]));
  const missing = Array.from({ length: Math.ceil(copy.size / piece) }, (_, n) => n + 1).filter(
    (number) => !parts.has(number),
  );
  const CopySource = sourceOf(bucket, copy.from);
  const options = watch && { abortSignal: watch.signal };
  async function copyPieces(): Promise<void> {
    for (let PartNumber = missing.shift(); PartNumber !== undefined; PartNumber = missing.shift()) {
      const [start, end] = [(PartNumber - 1) * piece, Math.min(copy.size, PartNumber * piece)];
      // Amazon takes no range of an object of 5 MiB or less.
      const range = copy.size > piece && { CopySourceRange: `bytes=${start}-${end - 1}` };
      const command = { Bucket: bucket, ...upload, PartNumber, CopySource, ...range };
      const { CopyPartResult } = await client.send(new UploadPartCopyCommand(command), options);
      parts.set(PartNumber, { PartNumber, Size: end - start, ETag: CopyPartResult?.ETag });
      watch?.moved();
    }
  }
  const copying = Array.from({ length: AT_ONCE }, copyPieces);
  await Promise.all(copying).catch(async (error) => {
    // Lets the pieces under way come to their end, so that the next try need not copy them.
    missing.length = 0;
    await Promise.allSettled(copying);
    throw error;
  });
  watch?.signal.throwIfAborted();
  await replace(
    copy.to,
    (condition, confirm) =>
      completeUpload(store, upload, parts.values(), condition, confirm).catch(async (error) => {
        // Such an upload cannot be completed any more (CompleteMultipartUpload in the API Reference).
        if (isS3Error(error, 'ConditionalRequestConflict')) await abortUpload(store, upload);
        throw error;
      }),
    watch?.confirm,
    true,
  );
  return true;
}

/** Returns the name of an object as the source of a copy, in the form that S3 wants. */
export function sourceOf(bucket: string, key: string): string {
  return `${bucket}/${key}`.split('/').map(encodeURIComponent).join('/');
}
