import { resolve } from 'node:path';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import Type from 'typebox';
import { isVisibleTo } from '../../image/index.ts';
import type { ImageStore, StoreDriver } from '../image-store.ts';
import { StoreError } from '../store-error.ts';
import { recordIfUsable } from '../usable.ts';
import { openBucket, type S3Options } from './bucket.ts';
import { s3Destination } from './destination.ts';
import { isAbsent, onS3 } from './errors.ts';
import { imageLeftovers } from './leftovers.ts';
import { keyIfUtf8, listPages } from './list-keys.ts';
import { s3Objects } from './object-store.ts';
import { isImageId, readRecord, s3Source } from './source.ts';

const Text = Type.String({ minLength: 1 });

/** Keeps images in a bucket of any S3-compatible object store. */
export const s3Driver: StoreDriver<S3Options> = {
  name: 's3',
  options: Type.Object(
    {
      bucket: Text,
      prefix: Type.Optional(Text),
      endpoint: Type.Optional(
        Type.String({
          pattern: '^https?://',
          patternErrorMessage: 'an address such as https://s3.example.com',
        }),
      ),
      region: Type.Optional(Text),
      path_style: Type.Optional(Type.Boolean()),
      profile: Type.Optional(Text),
      cacert: Type.Optional(Text),
    },
    { additionalProperties: false },
  ),
  open: ({ cacert, ...options }, baseDirectory) =>
    openS3({ ...options, ...(cacert !== undefined && { cacert: resolve(baseDirectory, cacert) }) }),
};

function openS3(options: S3Options): ImageStore {
  const store = openBucket(options);
  const { client, bucket, keys } = store;
  return {
    ...s3Source(store),
    ...s3Destination(store),
    objects: s3Objects(store),

    check: () =>
      onS3(async () => {
        await client.send(new HeadBucketCommand({ Bucket: bucket })).catch((error) => {
          throw isAbsent(error) ? new StoreError('unavailable', 'the bucket does not exist') : error;
        });
      }),

    async *images(tenantId, onUnusable) {
      for await (const page of listPages(store, { Prefix: keys.prefix, Delimiter: '/' })) {
        for (const { Prefix = '' } of page.CommonPrefixes ?? []) {
          const id = keyIfUtf8(Prefix, page)?.slice(keys.prefix.length, -1);
          if (id === undefined || !isImageId(id)) continue;
          const record = await recordIfUsable(id, () => onS3(() => readRecord(store, id)), onUnusable);
          if (record !== undefined && isVisibleTo(record, tenantId)) yield record;
        }
      }
    },

    leftovers: () => imageLeftovers(store),

    locate: (imageId) => `s3://${bucket}/${keys.data(imageId)}`,
  };
}
