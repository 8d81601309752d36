import { UploadPartCopyCommand } from '@aws-sdk/client-s3';
import type { ByteRange } from '../../image/index.ts';
import type { Bucket } from './bucket.ts';
import type { MultipartUpload, UploadedPart } from './upload.ts';

/** The object from which a part is copied. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  /** The ETag that the object has to have; absent if any will do. */
  readonly etag?: string;
  /** Bytes of the object, if that is known. */
  readonly size?: number;
}

/**
 * Lets the server copy a range of an object as a part of an upload.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
export async function copyPart(
  { client, bucket }: Bucket,
  upload: MultipartUpload,
  PartNumber: number,
  from: CopySource,
  [start, end]: ByteRange,
  abortSignal: AbortSignal | undefined,
): Promise<UploadedPart> {
  // Amazon refuses every range of an object of 5 MiB or less.
  const isWhole = from.size === end - start;
  const copy = new UploadPartCopyCommand({
    Bucket: bucket,
    ...upload,
    PartNumber,
    CopySource: `${from.bucket}/${from.key}`.split('/').map(encodeURIComponent).join('/'),
    ...(!isWhole && { CopySourceRange: `bytes=${start}-${end - 1}` }),
    CopySourceIfMatch: from.etag,
  });
  const { CopyPartResult } = await client.send(copy, abortSignal && { abortSignal });
  return { PartNumber, Size: end - start, ETag: CopyPartResult?.ETag };
}
