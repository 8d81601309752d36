import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring, onDisk } from '../disk/disk-errors.ts';
import { readFence } from '../disk/fence.ts';
import { type Leftover, unlessNeeded } from '../leftover.ts';
import { markFrom } from '../mark-text.ts';
import { idTakenError } from '../refusals.ts';
import { openFolderAt } from './folder.ts';
import { isImageFolder, type Layout } from './layout.ts';
import { removeIfEmpty, removeMarked } from './marked-folder.ts';
import { removePrepared } from './partial.ts';
import { RECORD } from './record-file.ts';
import { isWholeNote } from './whole-note.ts';

const A_DAY = 24 * 60 * 60_000;

/** Lists what jobs are making or have left behind, in the order of the names. */
export async function* imageLeftovers(paths: Layout): AsyncGenerator<Leftover> {
  for (const name of (await onDisk(() => readdir(paths.root))).toSorted()) {
    const found = await onDisk(async () => (await partialAt(paths, name)) ?? preparedAt(paths, name));
    if (found !== undefined) yield found;
  }
}

/** Returns the leftover at a name: a partial, or a folder that has the name of an image, but no record. */
async function partialAt(paths: Layout, name: string): Promise<Leftover | undefined> {
  const [, imageId = name] = /^\.(.+)\.partial$/.exec(name) ?? [];
  const folder = join(paths.root, name);
  if (imageId === name && !isImageFolder(name)) return undefined;
  // Jobs make no links: a person has made this one, and it may lead to an image.
  if (!(await ignoring('ENOENT', lstat(folder)))?.isDirectory()) return undefined;
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (imageId === name && names.includes(RECORD)) return undefined;
  const mark = names.find((file) => file.startsWith('job-'))?.slice('job-'.length);
  if (mark === undefined) return unmarkedAt(folder, name, names, imageId === name);
  const fence = await ignoring('ENOENT', readFence(folder));
  if (fence === undefined) return undefined;
  const owner = markFrom(mark);
  // Somebody else has made the file that looks like a mark.
  if (owner === null) return undefined;
  const ref = { image_id: imageId, mark: owner };
  return {
    kind: 'image in the making',
    place: name,
    mark: ref.mark,
    ...(await extentOf(folder)),
    abandonedAfter: null,
    remove: () =>
      unlessNeeded(() =>
        onDisk(async () => {
          // A commit may have written the record into this folder since it was listed.
          if (imageId === name && (await readdir(folder)).includes(RECORD)) throw idTakenError(ref);
          return removeMarked(folder, ref, Math.max(0, fence.attempt), fence.attempt);
        }),
      ),
  };
}

/**
 * Returns the leftover in a folder without a mark. Jobs leave such a folder only if a call was frozen while
 * another call removed the folder. When the frozen call wakes, it writes one file there: a commit writes its
 * record, any other call its fence. If a folder without a mark has any other file, it belongs to a person,
 * and stays.
 */
async function unmarkedAt(
  path: string,
  name: string,
  names: readonly string[],
  isAtImage: boolean,
): Promise<Leftover | undefined> {
  const hasOnlyTraces = (files: readonly string[]) =>
    files.length > 0 && files.every((file) => isTrace(file) || (file === RECORD && !isAtImage));
  if (!hasOnlyTraces(names)) return undefined;
  return {
    kind: 'image in the making',
    place: name,
    mark: null,
    ...(await extentOf(path)),
    abandonedAfter: A_DAY,
    remove: () => onDisk(() => removeUnmarked(path, hasOnlyTraces)),
  };
}

/**
 * Removes a folder without a mark through its descriptor, if `hasOnlyTraces` still holds for its files: an
 * image may have come to the path since the folder was listed. Returns whether the folder was removed.
 */
async function removeUnmarked(
  path: string,
  hasOnlyTraces: (files: readonly string[]) => boolean,
): Promise<boolean> {
  const folder = await ignoring('ENOENT', openFolderAt(path));
  if (folder === undefined) return false;
  try {
    const names = await readdir(folder.path);
    if (names.some((file) => file.startsWith('job-')) || !hasOnlyTraces(names)) return false;
    for (const file of names) await ignoring('ENOENT', unlink(folder.at(file)));
  } finally {
    await folder.close();
  }
  await removeIfEmpty(path);
  return true;
}

/**
 * Tells by its name whether a file is a fence, a note or the draft of a record. Only jobs leave such files.
 */
export function isTrace(name: string): boolean {
  return /^((fence|doomed)-\d+|image\.json\.[0-9a-f-]{36})$/.test(name) || isWholeNote(name);
}

/** Returns the leftover at a name: a folder that an attempt was preparing or removing. */
async function preparedAt(paths: Layout, name: string): Promise<Leftover | undefined> {
  const [, imageId, mark, number = '-1'] = /^\.(.+?)\.([^.]+)(?:\.(\d+))?\.(?:new|removed)$/.exec(name) ?? [];
  const owner = mark === undefined ? null : markFrom(mark);
  if (imageId === undefined || owner === null) return undefined;
  const ref = { image_id: imageId, mark: owner };
  return {
    kind: 'image in the making',
    place: name,
    mark: ref.mark,
    ...(await extentOf(join(paths.root, name))),
    abandonedAfter: null,
    remove: () =>
      onDisk(async () => {
        await removePrepared(paths, ref, Number(number));
        return true;
      }),
  };
}

/**
 * Returns how many bytes a folder's files take on the disk, and when the folder or one of them was last
 * changed.
 */
export async function extentOf(folder: string): Promise<Pick<Leftover, 'bytes' | 'changed'>> {
  let bytes = 0;
  let changed = (await ignoring('ENOENT', lstat(folder)))?.mtimeMs ?? 0;
  for (const name of (await ignoring('ENOENT', readdir(folder))) ?? []) {
    const stats = await ignoring('ENOENT', lstat(join(folder, name)));
    bytes += (stats?.blocks ?? 0) * 512;
    changed = Math.max(changed, stats?.mtimeMs ?? 0);
  }
  return { bytes, changed: new Date(changed) };
}
