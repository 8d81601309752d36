import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { onS3 } from './errors.ts';
import { ENCODED, endlessError, keyFrom, keyIfUtf8 } from './list-keys.ts';
import type { MultipartUpload } from './upload.ts';

/** A multipart upload that is neither complete nor aborted. */
export interface OpenUpload extends MultipartUpload {
  /** The time at which it was begun; `undefined` if the server does not tell. */
  readonly initiated: Date | undefined;
}

/**
 * Lists the open uploads whose keys begin with a prefix, but not those whose keys are not UTF-8.
 * @throws StoreError `invalid_image` if the list goes on, but the server does not say where
 */
export async function* listUploads({ client, bucket }: Bucket, Prefix: string): AsyncGenerator<OpenUpload> {
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const KeyMarker = page?.NextKeyMarker && keyFrom(page.NextKeyMarker, page);
    const after = { KeyMarker, UploadIdMarker: page?.NextUploadIdMarker, ...ENCODED };
    const query = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix, ...after });
    const found = await onS3(() => client.send(query));
    const goesOn = placeAfter(found) !== placeAfter(page);
    page = found;
    for (const { Key: listed = '', UploadId = '', Initiated } of found.Uploads ?? []) {
      const Key = keyIfUtf8(listed, found);
      if (Key !== undefined) yield { Key, UploadId, initiated: Initiated };
    }
    if (page.IsTruncated && !goesOn) throw endlessError('key-marker');
  } while (page.IsTruncated);
}

/** Returns the place at which a list goes on after a page. */
function placeAfter(page: ListMultipartUploadsCommandOutput | undefined): string {
  return JSON.stringify([page?.NextKeyMarker || '', page?.NextUploadIdMarker || '']);
}
