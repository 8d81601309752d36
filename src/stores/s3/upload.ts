import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Confirm } from '../port.ts';
import { askFirst } from './ask-first.ts';
import type { Bucket } from './bucket.ts';
import { checksum } from './checksum.ts';
import { isAbsent } from './errors.ts';
import type { Condition } from './replace-object.ts';
import { sendInSlices } from './slices.ts';
import { metadataOf, type Stamp } from './stamp.ts';

/** A multipart upload of an object. */
export interface MultipartUpload {
  readonly Key: string;
  readonly UploadId: string;
}

/** A part that the upload has. */
export interface UploadedPart extends CompletedPart {
  readonly PartNumber: number;
  readonly Size: number;
  readonly LastModified?: Date | undefined;
}

/** The filler of an upload's parts: a worker, which sends bytes, or the server, which copies an object. */
export type FilledBy = 'worker' | 'server';

/**
 * The checksums of an upload. A worker sends one with each part. If the server copies the parts, it computes
 * one of the whole object.
 */
const CHECKSUMS = {
  worker: { ChecksumAlgorithm: 'CRC32C', ChecksumType: 'COMPOSITE' },
  server: {},
} as const;

/** Begins an upload of a job's data, which bears the job's stamp. */
export async function createUpload(
  { client, bucket }: Bucket,
  Key: string,
  stamp: Stamp,
  filledBy: FilledBy = 'worker',
): Promise<MultipartUpload> {
  const create = { Bucket: bucket, Key, Metadata: metadataOf(stamp), ...CHECKSUMS[filledBy] };
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand(create));
  return { Key, UploadId };
}

/**
 * Tells whether an upload with these parts, which workers have put, can be completed. A server that keeps the
 * checksums of parts wants them in the request that completes the upload. Some servers (SeaweedFS) keep them,
 * but do not list them. Then nobody knows the checksums of an earlier attempt's parts.
 *
 * A server says whether it keeps checksums when it begins an upload. So this function begins another upload,
 * and aborts it.
 */
export async function canComplete(
  store: Bucket,
  Key: string,
  parts: readonly UploadedPart[],
): Promise<boolean> {
  if (parts.every(({ ChecksumCRC32C }) => ChecksumCRC32C !== undefined)) return true;
  const { client, bucket } = store;
  const create = new CreateMultipartUploadCommand({ Bucket: bucket, Key, ...CHECKSUMS.worker });
  const { UploadId, ChecksumAlgorithm } = await client.send(create);
  await abortUpload(store, { Key, UploadId: UploadId ?? '' });
  return ChecksumAlgorithm === undefined;
}

/** Aborts an upload, unless it is gone. */
export async function abortUpload({ client, bucket }: Bucket, upload: MultipartUpload): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, ...upload }));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/**
 * Puts a part, with a checksum by which the server sees whether the bytes were damaged on their way.
 * @param onMoved called whenever some of the bytes have been sent
 */
export async function putPart(
  { client, bucket }: Bucket,
  upload: MultipartUpload,
  PartNumber: number,
  bytes: Uint8Array,
  abortSignal: AbortSignal,
  onMoved: () => void = () => {},
): Promise<UploadedPart> {
  const ChecksumCRC32C = checksum(bytes);
  const part = { Bucket: bucket, ...upload, PartNumber, Body: bytes, ChecksumCRC32C };
  const put = new UploadPartCommand(part);
  sendInSlices(put, onMoved);
  const { ETag } = await client.send(put, { abortSignal });
  return { PartNumber, Size: bytes.length, ETag, ChecksumCRC32C };
}

/** Lists the parts that are there. Returns `undefined` if the upload is gone. */
export async function listParts(
  { client, bucket }: Bucket,
  upload: MultipartUpload,
): Promise<UploadedPart[] | undefined> {
  const parts: UploadedPart[] = [];
  try {
    // The SDK's own paging never ends if a server sends a marker with its last page.
    for (let marker: string | undefined; ; ) {
      const page = await client.send(
        new ListPartsCommand({ Bucket: bucket, ...upload, PartNumberMarker: marker }),
      );
      for (const { PartNumber = 0, Size = 0, ETag, ChecksumCRC32C, LastModified } of page.Parts ?? []) {
        parts.push({ PartNumber, Size, ETag, ChecksumCRC32C, LastModified });
      }
      marker = page.NextPartNumberMarker;
      if (!page.IsTruncated || marker === undefined) return parts;
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/**
 * Makes an object of the parts. No signal aborts the request, because the server would still go on with it.
 * @param confirm awaited right before each try of the request
 */
export async function completeUpload(
  { client, bucket }: Bucket,
  upload: MultipartUpload,
  parts: Iterable<UploadedPart>,
  condition: Condition = {},
  confirm?: Confirm,
): Promise<void> {
  const Parts = [...parts]
    .sort((a, b) => a.PartNumber - b.PartNumber)
    .map(({ PartNumber, ETag, ChecksumCRC32C }) => ({ PartNumber, ETag, ChecksumCRC32C }));
  const complete = { Bucket: bucket, ...upload, ...condition, MultipartUpload: { Parts } };
  const completing = new CompleteMultipartUploadCommand(complete);
  askFirst(completing, confirm);
  await client.send(completing);
}
