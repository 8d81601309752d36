import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { readJobObject } from './job-object.ts';
import { isImageId } from './source.ts';
import { HIDDEN, stagingAt } from './staging.ts';
import { abortUpload } from './upload.ts';

/**
 * Aborts uploads that were begun before a time, and that no job object names: a process died between the two.
 * Nobody sees what they hold, but it is paid for.
 */
export async function sweepUploads(store: Bucket, before: Date): Promise<void> {
  const { client, bucket, keys } = store;
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const query = {
      Bucket: bucket,
      Prefix: keys.prefix,
      KeyMarker: page?.NextKeyMarker,
      UploadIdMarker: page?.NextUploadIdMarker,
    };
    page = await client.send(new ListMultipartUploadsCommand(query));
    for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? []) {
      const [id = '', hash = ''] = Key.slice(keys.prefix.length).split('/');
      const owner = `${id}/` === HIDDEN ? stagingAt(store, hash) : store;
      // Somebody else may have uploads in the same bucket.
      if (owner.keys.data(id) !== Key || (owner === store && !isImageId(id))) continue;
      if (Initiated === undefined || Initiated >= before) continue;
      if ((await readJobObject(owner, id))?.upload_id !== UploadId)
        await abortUpload(store, { Key, UploadId });
    }
  } while (page.IsTruncated);
}
