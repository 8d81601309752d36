import { PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { received } from '../../http/index.ts';
import { copyInto } from '../../memory/index.ts';
import { bareRecord } from '../bare-record.ts';
import type { ObjectEntry, ObjectStore } from '../object-port.ts';
import { hasGrown, isStoreError, StoreError } from '../store-error.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { canHold, parametersFor, withTags } from './attributes.ts';
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

/**
 * Returns the store of the objects of a bucket below its prefix. Keys that end in a slash stand for folders,
 * and are no objects.
 */
export function s3Objects(store: Bucket): ObjectStore {
  const { client, bucket, keys } = store;
  return {
    ...s3ObjectDestination(store),
    endpoint: store.endpoint,

    inspect: ({ image_id }) =>
      named(image_id, async () => {
        const key = objectKey(store, image_id);
        const { size, modified, told, pin } = await pinned(store, key);
        return { record: bareRecord(image_id, size, modified, await withTags(store, key, told)), pin };
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
      // A key that stands for a folder, until the next key tells whether that folder is empty.
      let folder: string | undefined;
      const pages = paginateListObjectsV2({ client }, query)[Symbol.asyncIterator]();
      for (;;) {
        const page = await onS3(() => pages.next());
        if (page.done) {
          if (folder !== undefined) yield emptyFolder(folder);
          return;
        }
        for (const { Key: listed = '', Size = 0 } of page.value.Contents ?? []) {
          const Key = keyFrom(listed, page.value);
          await onS3(() => assertTold(store, Key, page.value));
          if (compareUtf8(Key, last) <= 0) throw outOfOrder();
          last = Key;
          const path = Key.slice(keys.prefix.length);
          if (path === '' || path.startsWith(HIDDEN)) continue;
          if (folder !== undefined && !path.startsWith(folder)) yield emptyFolder(folder);
          folder = path.endsWith('/') ? path : undefined;
          if (folder === undefined) yield { path, size: Size };
        }
      }
    },

    read: (path, into, signal) =>
      named(
        path,
        async () => {
          const key = objectKey(store, path);
          const { body, told } = await openObject(store, key, {}, signal);
          let size = 0;
          // An error in the middle ends the request.
          for await (const chunk of received(body)) {
            if (size + chunk.length > into.length) throw hasGrown(path, into.length);
            copyInto(into, size, chunk);
            size += chunk.length;
          }
          return { size, attributes: await withTags(store, key, told) };
        },
        signal,
      ),

    // S3 answers only when an object is there to stay.
    flush: async () => {},

    leftovers: () => objectLeftovers(store),

    loses: (attributes) => !Object.entries(attributes).every(canHold),

    write: (path, data, signal, attributes = {}) =>
      onS3(async () => {
        const Key = objectKey(store, path);
        const bytes = { Body: data, ChecksumCRC32C: checksum(data) };
        const put = new PutObjectCommand({ Bucket: bucket, Key, ...bytes, ...parametersFor(attributes) });
        await client.send(put, { abortSignal: signal });
      }, signal),
  };
}

function emptyFolder(path: string): ObjectEntry {
  return { path, size: 0, isFolder: true };
}

/**
 * Returns the error for a list that is not in order: to go on behind its last key would leave out the rest.
 */
function outOfOrder(): StoreError {
  return new StoreError('invalid_image', 'the object store does not list objects in the order of their keys');
}

/** Runs calls about an object. If the object is not there, the error names it. */
async function named<T>(path: string, calls: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return onS3(calls, signal).catch((error) => {
    if (!isStoreError(error, 'not_found')) throw error;
    throw new StoreError('not_found', `there is no object ${JSON.stringify(path)}`, { cause: error });
  });
}
