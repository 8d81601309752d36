import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { isAbsent } from './errors.ts';

/** A multipart upload of an object. */
export interface Upload {
  readonly Key: string;
  readonly UploadId: string;
}

/** A part that the upload has. */
export interface Part extends CompletedPart {
  readonly PartNumber: number;
  readonly Size: number;
}

export async function createUpload({ client, bucket }: Bucket, Key: string): Promise<Upload> {
  const create = { Bucket: bucket, Key, ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' } as const;
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand(create));
  return { Key, UploadId };
}

/** An upload that is gone is aborted. */
export async function abortUpload({ client, bucket }: Bucket, upload: Upload): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, ...upload }));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/**
 * Puts a part. One SHA-256 is the server's check of the bytes and the signature's: the SDK's own CRC32C is
 * a fifth as fast, and it would hash for the signature besides.
 */
export async function putPart(
  { client, bucket }: Bucket,
  upload: Upload,
  PartNumber: number,
  bytes: Uint8Array,
  abortSignal: AbortSignal,
): Promise<Part> {
  const sha256 = createHash('sha256').update(bytes).digest();
  const ChecksumSHA256 = sha256.toString('base64');
  const command = new UploadPartCommand({
    Bucket: bucket,
    ...upload,
    PartNumber,
    Body: bytes,
    ContentLength: bytes.length,
    ChecksumSHA256,
  });
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['x-amz-content-sha256'] = sha256.toString('hex');
      return next(args);
    },
    { step: 'build', name: 'hashedOnce' },
  );
  const { ETag } = await client.send(command, { abortSignal });
  return { PartNumber, Size: bytes.length, ETag, ChecksumSHA256 };
}

/**
 * The parts that are there; `undefined` where the upload is gone. The SDK's own paging never ends with a
 * server that sends a marker with its last page.
 */
export async function listParts({ client, bucket }: Bucket, upload: Upload): Promise<Part[] | undefined> {
  const parts: Part[] = [];
  try {
    for (let marker: string | undefined; ; ) {
      const page = await client.send(
        new ListPartsCommand({ Bucket: bucket, ...upload, PartNumberMarker: marker }),
      );
      for (const { PartNumber = 0, Size = 0, ETag, ChecksumSHA256 } of page.Parts ?? []) {
        parts.push({ PartNumber, Size, ETag, ChecksumSHA256 });
      }
      marker = page.NextPartNumberMarker;
      if (!page.IsTruncated || marker === undefined) return parts;
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Makes an object of the parts. */
export async function completeUpload(
  { client, bucket }: Bucket,
  upload: Upload,
  parts: Iterable<Part>,
  abortSignal?: AbortSignal,
): Promise<void> {
  const Parts = [...parts]
    .sort((a, b) => a.PartNumber - b.PartNumber)
    .map(({ PartNumber, ETag, ChecksumSHA256 }) => ({ PartNumber, ETag, ChecksumSHA256 }));
  const complete = { Bucket: bucket, ...upload, MultipartUpload: { Parts } };
  await client.send(new CompleteMultipartUploadCommand(complete), {
    ...(abortSignal !== undefined && { abortSignal }),
  });
}
