import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { ignoring, onDisk } from '../disk/disk-errors.ts';
import { readFence } from '../disk/fence.ts';
import { type Leftover, unlessNeeded } from '../leftover.ts';
import type { Folder } from './folder.ts';
import { extentOf } from './leftovers.ts';
import { doomAndRemove, OWNER, openHidden } from './object-partial.ts';
import { isTrace } from './own-files.ts';
import { removeFrom } from './remove-from.ts';

const AN_HOUR = 60 * 60_000;
const A_DAY = 24 * AN_HOUR;

/** Beginning of the names of small files that are being written. */
export const SMALL_PREFIX = 'small-';

/**
 * Lists what the hidden folder of a share has: files in the making, and what their writers have left behind.
 */
export async function* objectLeftovers(root: string): AsyncGenerator<Leftover> {
  const names = await inHidden(root, (hidden) => readdir(hidden.path));
  for (const name of (names ?? []).toSorted()) {
    const found = await inHidden(root, (hidden) => leftoverAt(root, hidden, name));
    if (found !== undefined) yield found;
  }
}

async function leftoverAt(root: string, hidden: Folder, name: string): Promise<Leftover | undefined> {
  const path = hidden.at(name);
  const stats = await ignoring('ENOENT', lstat(path));
  if (stats === undefined) return undefined;
  const isSmall = name.startsWith(SMALL_PREFIX);
  const isPartial = stats.isDirectory() && !/\.(new|removed)$/.test(name);
  const fence = isPartial ? await readFence(path) : undefined;
  const { bytes, changed } = stats.isDirectory()
    ? await extentOf(path)
    : { bytes: stats.blocks * 512, changed: stats.mtime };
  // A call that takes the fence while another one removes the folder leaves nothing but the fence.
  const isFenceOnly = isPartial && (await readdir(path)).every(isTrace);
  return {
    kind: isSmall ? 'small object' : 'object in the making',
    place: name,
    mark: isPartial ? await markIn(path) : null,
    bytes,
    // Attempts write for a long time only into a partial, so the times of the files count only there.
    changed: isPartial ? changed : stats.mtime,
    abandonedAfter: isPartial && !isFenceOnly ? null : isSmall ? AN_HOUR : A_DAY,
    remove: async () =>
      (await inHidden(root, (folder) =>
        unlessNeeded(async () => {
          if (fence === undefined) await removeFrom(folder, name);
          else await doomAndRemove(folder, name, Math.max(0, fence.attempt), fence.attempt);
          return true;
        }),
      )) ?? false,
  };
}

/**
 * Reads the mark of the job that makes a file. Returns `null` if the mark is not noted, as in an earlier
 * version.
 */
async function markIn(folder: string): Promise<string | null> {
  const note = await ignoring(
    'ENOENT',
    open(`${folder}/${OWNER}`, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
  );
  if (note === undefined) return null;
  try {
    return (await note.readFile('utf8')) || null;
  } finally {
    await note.close();
  }
}

/** Runs `use` with the hidden folder of a share. Returns `undefined` if there is no such folder. */
async function inHidden<T>(root: string, use: (hidden: Folder) => Promise<T>): Promise<T | undefined> {
  return onDisk(async () => {
    const hidden = await openHidden(root);
    try {
      return hidden && (await use(hidden));
    } finally {
      await hidden?.close();
    }
  });
}
