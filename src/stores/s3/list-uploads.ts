import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { onS3 } from './errors.ts';
import { ENCODED, keyFrom, keyIfUtf8 } from './list-keys.ts';
import type { MultipartUpload } from './upload.ts';

/** A multipart upload that is neither complete nor aborted. */
export interface OpenUpload extends MultipartUpload {
  /** The time at which it was begun; `undefined` if the server does not tell. */
  readonly initiated: Date | undefined;
}

/** Lists the open uploads whose keys begin with a prefix, but not those whose keys are not UTF-8. */
export async function* listUploads({ client, bucket }: Bucket, Prefix: string): AsyncGenerator<OpenUpload> {
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const KeyMarker = page?.NextKeyMarker && keyFrom(page.NextKeyMarker, page);
    const after = { KeyMarker, UploadIdMarker: page?.NextUploadIdMarker, ...ENCODED };
    const query = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix, ...after });
    const found = await onS3(() => client.send(query));
    page = found;
    for (const { Key: listed = '', UploadId = '', Initiated } of found.Uploads ?? []) {
      const Key = keyIfUtf8(listed, found);
      if (Key !== undefined) yield { Key, UploadId, initiated: Initiated };
    }
  } while (page.IsTruncated);
}
