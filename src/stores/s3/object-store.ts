import { PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { received } from '../../http/index.ts';
import { bareRecord } from '../bare-record.ts';
import type { ObjectStore } from '../port.ts';
import { copyInto } from '../shared-pages.ts';
import { hasGrown, StoreError } from '../store-error.ts';
import { compareUtf8 } from '../utf8-order.ts';
import type { Bucket } from './bucket.ts';
import { checksum } from './checksum.ts';
import { onS3 } from './errors.ts';
import { objectLeftovers } from './leftovers.ts';
import { assertTold, ENCODED, keyFrom } from './list-keys.ts';
import { s3ObjectDestination } from './object-destination.ts';
import { objectKey } from './object-path.ts';
import { openPinned, pinned } from './pinned-object.ts';
import { openObject } from './read-object.ts';
import { HIDDEN } from './staging.ts';

/** The objects of a bucket below its prefix. Keys that end in a slash stand for folders, and are none. */
export function s3Objects(store: Bucket): ObjectStore {
  const { client, bucket, keys } = store;
  return {
    ...s3ObjectDestination(store),
    endpoint: store.endpoint,

    inspect: ({ image_id }) =>
      named(image_id, async () => {
        const { size, modified, pin } = await pinned(store, objectKey(store, image_id));
        return { record: bareRecord(image_id, size, modified), pin };
      }),

    openReader: ({ image_id }, pin) =>
      named(image_id, () => openPinned(store, objectKey(store, image_id), pin)),

    async *list(prefix, after) {
      const query = {
        Bucket: bucket,
        ...ENCODED,
        Prefix: keys.bare(prefix),
        ...(after !== null && { StartAfter: keys.bare(after) }),
      };
      let last = query.StartAfter ?? '';
      const pages = paginateListObjectsV2({ client }, query)[Symbol.asyncIterator]();
      for (;;) {
        const page = await onS3(() => pages.next());
        if (page.done) return;
        for (const { Key: listed = '', Size = 0 } of page.value.Contents ?? []) {
          const Key = keyFrom(listed, page.value);
          await onS3(() => assertTold(store, Key, page.value));
          if (compareUtf8(Key, last) <= 0) throw outOfOrder();
          last = Key;
          const path = Key.slice(keys.prefix.length);
          if (path !== '' && !path.endsWith('/') && !path.startsWith(HIDDEN)) yield { path, size: Size };
        }
      }
    },

    read: (path, into, signal) =>
      named(
        path,
        async () => {
          let size = 0;
          // What is thrown in the middle ends the request.
          for await (const chunk of received(await openObject(store, objectKey(store, path), {}, signal))) {
            if (size + chunk.length > into.length) throw hasGrown(path, into.length);
            copyInto(into, size, chunk);
            size += chunk.length;
          }
          return size;
        },
        signal,
      ),

    // S3 answers when an object is there to stay.
    flush: async () => {},

    leftovers: () => objectLeftovers(store),

    write: (path, data, signal) =>
      onS3(async () => {
        const Key = objectKey(store, path);
        const object = { Bucket: bucket, Key, Body: data, ChecksumCRC32C: checksum(data) };
        await client.send(new PutObjectCommand(object), { abortSignal: signal });
      }, signal),
  };
}

/** Whoever goes on behind what came last would leave out the rest. */
function outOfOrder(): StoreError {
  return new StoreError('invalid_image', 'the object store does not list objects in the order of their keys');
}

/** Runs calls about an object, and names it where it is not there. */
async function named<T>(path: string, calls: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return onS3(calls, signal).catch((error) => {
    if (error.code !== 'not_found') throw error;
    throw new StoreError('not_found', `there is no object ${JSON.stringify(path)}`, { cause: error });
  });
}
