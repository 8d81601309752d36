import { HeadObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import type { ServerObject } from '../data-port.ts';
import type { Bucket } from './bucket.ts';
import { fromS3, isS3Error } from './errors.ts';

/** HTTP statuses of a server that does not know a request. */
const UNKNOWN_REQUEST: ReadonlySet<number | undefined> = new Set([405, 501]);

/** Returns the code of an error by which a server refuses to copy a part for good; `null` for any other. */
export function refusalOf(error: unknown): string | null {
  if (!(error instanceof S3ServiceException)) return null;
  // An upload that is gone takes no bytes from a worker either. So this is no refusal of the copy.
  if (isS3Error(error, 'NoSuchUpload')) return null;
  const isUnknown = UNKNOWN_REQUEST.has(error.$metadata.httpStatusCode);
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
