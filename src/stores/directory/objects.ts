import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { fromErrno, ignoring, onDisk } from '../disk/disk-errors.ts';
import { syncFileSystem } from '../disk/sync-file-system.ts';
import type { ObjectStore, ReadObject } from '../object-port.ts';
import { recordOfObject } from '../object-record.ts';
import type { ObjectAttributes } from '../port.ts';
import { grownError } from '../refusals.ts';
import { StoreError } from '../store-error.ts';
import { makeFolder } from './folder.ts';
import { ignoresCase } from './ignores-case.ts';
import { listFiles } from './list-files.ts';
import { objectDestination } from './object-destination.ts';
import { objectLeftovers, SMALL_PREFIX } from './object-leftovers.ts';
import { makeHidden } from './object-partial.ts';
import { HIDDEN, objectPath } from './object-path.ts';
import { openFile } from './open-file.ts';
import { putInPlace } from './put-in-place.ts';
import { freshPinOf, pinFrom, pinOf, readerOf } from './reader.ts';
import { sharedFolders } from './shared-folders.ts';

/** Returns the store of the regular files below a folder. Links are left out, and are not followed. */
export function directoryObjects(root: string): ObjectStore {
  const inHidden = sharedFolders(() => makeHidden(root));
  const inFolder = sharedFolders((steps) => makeFolder(root, steps));
  return {
    ...objectDestination(root, inFolder),

    inspect: ({ image_id }) =>
      onDisk(async () => {
        const file = await openFile(root, image_id);
        try {
          const stats = await file.stat();
          const record = recordOfObject(image_id, stats.size, stats.mtime, attributesOf(stats));
          return { record, pin: await pinOf(file) };
        } finally {
          await file.close();
        }
      }),

    openReader: ({ image_id }, pin) => onDisk(async () => readerOf(await openFile(root, image_id), pin)),

    async *list(prefix, after, signal) {
      try {
        yield* listFiles(root, { prefix, after: after ?? '', signal });
      } catch (error) {
        throw signal?.aborted ? signal.reason : fromErrno(error);
      }
    },

    read: (path, into, signal) => onDisk(() => readWhole(root, path, into, signal), signal),

    write: (path, data, signal, _attributes, confirm) =>
      onDisk(async () => {
        const { folders } = objectPath(path);
        await inFolder(folders, (folder) =>
          inHidden([HIDDEN], async (hidden) => {
            const file = hidden.at(`${SMALL_PREFIX}${randomUUID()}`);
            await unlinkOnFailure(file, async () => {
              await writeFile(file, data, { signal });
              await putInPlace({ folder, path, file, confirm });
            });
          }),
        );
      }, signal),

    // A file gets the mode and times of a new file. So it loses every attribute of its source.
    loses: (attributes) => Object.keys(attributes).length > 0,

    flush: () => syncFileSystem(root),

    leftovers: () => objectLeftovers(root),

    ignoresCase: () => onDisk(() => ignoresCase(root)),
  };
}

/** Returns the attributes of a file: its mode, and when it was modified. */
function attributesOf({ mode, mtime }: Stats): ObjectAttributes {
  return { mode: (mode & 0o7777).toString(8), modified: mtime.toISOString() };
}

/** Reads a whole file into `into`. Throws `changed` if the file does not fit, or changes meanwhile. */
async function readWhole(
  root: string,
  path: string,
  into: Uint8Array,
  signal: AbortSignal,
): Promise<ReadObject> {
  const file = await openFile(root, path);
  try {
    const stats = await file.stat();
    const { size } = stats;
    if (size > into.length) throw grownError(path, into.length);
    for (let offset = 0; offset < size; ) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(into, offset, size - offset, offset);
      if (bytesRead === 0) break;
      offset += bytesRead;
    }
    if ((await freshPinOf(file)) === pinFrom(stats)) return { size, attributes: attributesOf(stats) };
    throw new StoreError('changed', `${JSON.stringify(path)} has changed while it was read`);
  } finally {
    await file.close();
  }
}

/** Runs `use`. If it fails, removes the file that it may have left. */
async function unlinkOnFailure(file: string, use: () => Promise<void>): Promise<void> {
  try {
    await use();
  } catch (error) {
    await ignoring('ENOENT', unlink(file));
    throw error;
  }
}
