import { HeadObjectCommand, S3ServiceException, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import type { ByteRange } from '../../image/index.ts';
import type { ServerObject } from '../data-port.ts';
import type { Bucket } from './bucket.ts';
import { sourceOf } from './copy-object.ts';
import { fromS3, isS3Error } from './errors.ts';
import type { MultipartUpload, UploadedPart } from './upload.ts';

/**
 * Lets the server copy a range of an object as a part of an upload, if the object still has its ETag.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
export async function copyPart(
  { client, bucket }: Bucket,
  upload: MultipartUpload,
  PartNumber: number,
  from: ServerObject,
  [start, end]: ByteRange,
  abortSignal: AbortSignal,
): Promise<UploadedPart> {
  const copy = new UploadPartCopyCommand({
    Bucket: bucket,
    ...upload,
    PartNumber,
    CopySource: sourceOf(from.bucket, from.key),
    CopySourceRange: `bytes=${start}-${end - 1}`,
    CopySourceIfMatch: from.etag,
  });
  const { CopyPartResult } = await client.send(copy, { abortSignal });
  return { PartNumber, Size: end - start, ETag: CopyPartResult?.ETag };
}

/**
 * Returns the error code if the server refuses to copy a part, so that another try would not help; `null` for
 * every other error. `NoSuchUpload` is no refusal to copy, because that upload takes no bytes from a worker
 * either.
 */
export function refusalOf(error: unknown): string | null {
  if (!(error instanceof S3ServiceException) || isS3Error(error, 'NoSuchUpload')) return null;
  const isUnknown = error.$metadata.httpStatusCode === 501 || error.$metadata.httpStatusCode === 405;
  return isUnknown || !fromS3(error).retryable ? error.name : null;
}

/**
 * Tells whether the server has a CRC64NVME of each of two whole objects, and the two are equal.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export async function haveSameChecksum(store: Bucket, key: string, from: ServerObject): Promise<boolean> {
  const [one, other] = await Promise.all([
    checksumOf(store, store.bucket, key),
    checksumOf(store, from.bucket, from.key, from.etag).catch(() => undefined),
  ]);
  return one !== undefined && one === other;
}

async function checksumOf({ client }: Bucket, bucket: string, Key: string, IfMatch?: string) {
  const head = new HeadObjectCommand({ Bucket: bucket, Key, IfMatch, ChecksumMode: 'ENABLED' });
  const { ChecksumCRC64NVME, ContentLength } = await client.send(head);
  return ChecksumCRC64NVME && `${ChecksumCRC64NVME} ${ContentLength}`;
}
