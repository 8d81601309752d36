import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { readJobObject } from './job-object.ts';
import { isImageId } from './source.ts';
import { HIDDEN, stagingAt } from './staging.ts';
import { abortUpload } from './upload.ts';

const A_DAY = 24 * 60 * 60_000;

/** No step of a copy leaves an upload unnamed for so long. */
export function aDayAgo(): Date {
  return new Date(Date.now() - A_DAY);
}

/**
 * Aborts uploads of images that were begun before a time, and that no job object names: a process died between
 * the two. Nobody sees what they hold, but it is paid for.
 */
export async function sweepImageUploads(store: Bucket, before: Date): Promise<void> {
  await sweep(store, '', before, (id) => (isImageId(id) ? store : undefined));
}

/** The same of uploads of objects. */
export async function sweepObjectUploads(store: Bucket, before: Date): Promise<void> {
  await sweep(store, HIDDEN, before, (hash) => stagingAt(store, hash));
}

async function sweep(
  store: Bucket,
  folder: string,
  before: Date,
  ownerOf: (name: string) => Bucket | undefined,
): Promise<void> {
  const { client, bucket, keys } = store;
  const Prefix = `${keys.prefix}${folder}`;
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const query = {
      Bucket: bucket,
      Prefix,
      KeyMarker: page?.NextKeyMarker,
      UploadIdMarker: page?.NextUploadIdMarker,
    };
    page = await client.send(new ListMultipartUploadsCommand(query));
    for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? []) {
      const [name = ''] = Key.slice(Prefix.length).split('/');
      const owner = ownerOf(name);
      // Somebody else may have uploads in the same bucket.
      if (owner?.keys.data(name) !== Key) continue;
      if (Initiated === undefined || Initiated >= before) continue;
      if ((await readJobObject(owner, name))?.upload_id !== UploadId)
        await abortUpload(store, { Key, UploadId });
    }
  } while (page.IsTruncated);
}
