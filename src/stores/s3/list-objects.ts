import type { ObjectEntry } from '../object-port.ts';
import { StoreError } from '../store-error.ts';
import { compareUtf8 } from '../utf8-order.ts';
import type { Bucket } from './bucket.ts';
import { onS3 } from './errors.ts';
import { assertWholeKey, keyFrom, listPages } from './list-keys.ts';
import { HIDDEN } from './staging.ts';

/**
 * Lists the objects below a prefix in the order of their keys, from the first one or after a path.
 * @throws StoreError `invalid_image` if the server does not keep this order
 */
export async function* listObjects(
  store: Bucket,
  prefix: string,
  after: string | null,
  signal?: AbortSignal,
): AsyncGenerator<ObjectEntry> {
  const { keys } = store;
  const query = {
    Prefix: keys.object(prefix),
    ...(after !== null && { StartAfter: keys.object(after) }),
  };
  let last = query.StartAfter ?? '';
  // The last path, if it is a folder's. The next path shows whether the folder is empty.
  let folder: string | undefined;
  for await (const page of listPages(store, query, signal)) {
    for (const { Key: listed = '', Size = 0 } of page.Contents ?? []) {
      signal?.throwIfAborted();
      const Key = keyFrom(listed, page);
      await onS3(() => assertWholeKey(store, Key, page));
      if (compareUtf8(Key, last) <= 0) throw outOfOrder();
      last = Key;
      const path = Key.slice(keys.prefix.length);
      if (path === '' || path.startsWith(HIDDEN)) continue;
      if (folder !== undefined && !path.startsWith(folder)) yield emptyFolder(folder);
      folder = path.endsWith('/') ? path : undefined;
      if (folder === undefined) yield { path, size: Size };
    }
  }
  if (folder !== undefined) yield emptyFolder(folder);
}

function emptyFolder(path: string): ObjectEntry {
  return { path, size: 0, isFolder: true };
}

/** Returns the error for a list out of order. A task that resumed it after a key would miss objects. */
function outOfOrder(): StoreError {
  return new StoreError('invalid_image', 'the object store does not list objects in the order of their keys');
}
