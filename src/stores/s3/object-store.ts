import { received } from '../../http/index.ts';
import { copyInto } from '../../memory/index.ts';
import type { ObjectStore } from '../object-port.ts';
import { recordOfObject } from '../object-record.ts';
import { grownError } from '../refusals.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { canHold, withTags } from './attributes.ts';
import type { Bucket } from './bucket.ts';
import { onS3 } from './errors.ts';
import { objectLeftovers } from './leftovers.ts';
import { listObjects } from './list-objects.ts';
import { s3ObjectDestination } from './object-destination.ts';
import { objectKey } from './object-path.ts';
import { openPinned, pinObject } from './pinned-object.ts';
import { putObject } from './put-object.ts';
import { openObject } from './read-object.ts';
import { replacingIn } from './replace-object.ts';

/** Returns the store of a bucket's plain objects. A key that ends in a slash stands for a folder. */
export function s3Objects(store: Bucket): ObjectStore {
  const replace = replacingIn(store);
  return {
    ...s3ObjectDestination(store, replace),
    endpoint: store.endpoint,

    inspect: ({ image_id }) =>
      naming(image_id, async () => {
        const key = objectKey(store, image_id);
        const { size, modified, details, pin } = await pinObject(store, key);
        return { record: recordOfObject(image_id, size, modified, await withTags(store, key, details)), pin };
      }),

    openReader: ({ image_id }, pin) =>
      naming(image_id, () => openPinned(store, objectKey(store, image_id), pin)),

    list: (prefix, after, signal) => listObjects(store, prefix, after, signal),

    read: (path, into, signal) =>
      naming(
        path,
        async () => {
          const key = objectKey(store, path);
          const { body, details } = await openObject(store, key, {}, signal);
          let size = 0;
          // If the loop throws, `received` ends the request.
          for await (const chunk of received(body)) {
            if (size + chunk.length > into.length) throw grownError(path, into.length);
            copyInto(into, size, chunk);
            size += chunk.length;
          }
          return { size, attributes: await withTags(store, key, details) };
        },
        signal,
      ),

    // S3 answers a write only when the object is durable.
    flush: async () => {},

    leftovers: () => objectLeftovers(store),

    loses: (attributes) => !Object.entries(attributes).every(canHold),

    write: (path, data, signal, attributes = {}, confirm) =>
      onS3(async () => {
        const object = { key: objectKey(store, path), data, attributes };
        await replace({
          key: object.key,
          confirm,
          write: (condition, confirmed) => putObject(store, object, condition, confirmed, signal),
        });
      }, signal),
  };
}

/** Makes calls about an object. If the object is not there, the error names its path. */
async function naming<T>(path: string, calls: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return onS3(calls, signal).catch((error) => {
    if (!isStoreError(error, 'not_found')) throw error;
    throw new StoreError('not_found', `there is no object ${JSON.stringify(path)}`, { cause: error });
  });
}
