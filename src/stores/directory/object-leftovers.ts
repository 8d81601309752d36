import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { ignoring, isErrno, onDisk } from '../disk/disk-errors.ts';
import { readFence } from '../disk/fence.ts';
import { openRegular } from '../disk/open-regular.ts';
import { readStart } from '../disk/read-start.ts';
import { type Leftover, leftoversAt, unlessNeeded } from '../leftover.ts';
import { isMark } from '../mark-text.ts';
import type { Folder } from './folder.ts';
import { extentOf } from './leftovers.ts';
import { doomAndRemove, OWNER, openHidden } from './object-partial.ts';
import { isTrace } from './own-files.ts';
import { removeFrom } from './remove-from.ts';

const AN_HOUR = 60 * 60_000;
const A_DAY = 24 * AN_HOUR;

/** More bytes than a mark has. */
const MAX_MARK = 64;

/** Beginning of the names of small files that are being written. */
export const SMALL_PREFIX = 'small-';

/** Matches the names of folders that an attempt is preparing or removing. */
const AT_WORK = /\.(new|removed)$/;

/** Lists all that is in the hidden folder of a share. */
export async function* objectLeftovers(root: string): AsyncGenerator<Leftover> {
  const names = (await inHidden(root, (hidden) => readdir(hidden.path))) ?? [];
  yield* leftoversAt(names.toSorted(), (name) => inHidden(root, (hidden) => leftoverAt(root, hidden, name)));
}

async function leftoverAt(root: string, hidden: Folder, name: string): Promise<Leftover | undefined> {
  const stats = await ignoring('ENOENT', lstat(hidden.at(name)));
  if (stats === undefined) return undefined;
  const isPartial = stats.isDirectory() && !AT_WORK.test(name);
  return isPartial ? partialAt(root, hidden, name) : otherAt(root, hidden, name, stats);
}

/** Returns the leftover for the folder of a file in the making. */
async function partialAt(root: string, hidden: Folder, name: string): Promise<Leftover> {
  const path = hidden.at(name);
  const { attempt } = await readFence(path);
  // One call may take the fence while another call removes the folder. Then only the fence is left.
  const hasOnlyTraces = (await readdir(path)).every(isTrace);
  return {
    kind: 'object in the making',
    place: name,
    mark: await markIn(path),
    ...(await extentOf(path)),
    abandonedAfter: hasOnlyTraces ? A_DAY : null,
    // Without a fence, `attempt` is -1. The number of a doom is 0 or higher.
    remove: () => removeIn(root, (folder) => doomAndRemove(folder, name, Math.max(0, attempt), attempt)),
  };
}

/**
 * Returns the leftover for a small file, or for a folder that an attempt was preparing or removing. Whatever
 * has another name is a person's, and stays.
 */
async function otherAt(root: string, hidden: Folder, name: string, stats: Stats): Promise<Leftover> {
  const isSmall = name.startsWith(SMALL_PREFIX);
  return {
    kind: isSmall ? 'small object' : 'object in the making',
    place: name,
    mark: null,
    bytes: stats.isDirectory() ? (await extentOf(hidden.at(name))).bytes : stats.blocks * 512,
    changed: stats.mtime,
    abandonedAfter: isSmall ? AN_HOUR : ageOfFolder(name),
    remove: () => removeIn(root, (folder) => removeFrom(folder, name)),
  };
}

/** Returns the age after which no attempt is at work on a folder; `null` for a name that no attempt gives. */
function ageOfFolder(name: string): number | null {
  return AT_WORK.test(name) ? A_DAY : null;
}

/** Runs a removal in the hidden folder. Returns `false` if the folder is gone, or on a `conflict`. */
async function removeIn(root: string, removal: (hidden: Folder) => Promise<void>): Promise<boolean> {
  const isRemoved = await inHidden(root, (hidden) =>
    unlessNeeded(async () => {
      await removal(hidden);
      return true;
    }),
  );
  return isRemoved ?? false;
}

/**
 * Reads the mark of the job that makes a file. Returns `null` if nothing there has the form of a mark.
 * Earlier versions noted none, and the tenants of a share may have put anything there.
 */
async function markIn(folder: string): Promise<string | null> {
  const note = await openRegular(`${folder}/${OWNER}`).catch((error) => {
    if (!isErrno(error, 'ENOENT', 'ELOOP')) throw error;
  });
  try {
    const text = note === undefined ? '' : await readStart(note, MAX_MARK);
    return isMark(text) ? text : null;
  } finally {
    await note?.close();
  }
}

/** Runs `use` with the hidden folder of a share. Returns `undefined` if there is none. */
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
