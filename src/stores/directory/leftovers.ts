import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring, onDisk } from '../disk/disk-errors.ts';
import { readFence } from '../disk/fence.ts';
import type { Leftover } from '../leftover.ts';
import { taken } from '../refusals.ts';
import { isStoreError } from '../store-error.ts';
import { openFolderAt } from './folder.ts';
import { isImageFolder, type Layout } from './layout.ts';
import { removeIfEmpty, removeMarked } from './marked-folder.ts';
import { removePrepared } from './partial.ts';
import { RECORD } from './record-file.ts';
import { isWholeNote } from './whole-note.ts';

const A_DAY = 24 * 60 * 60_000;

/** Lists what jobs have in the making, or have left behind, in the order of their names. */
export async function* imageLeftovers(paths: Layout): AsyncGenerator<Leftover> {
  for (const name of (await onDisk(() => readdir(paths.root))).toSorted()) {
    const found = await onDisk(async () => (await partialAt(paths, name)) ?? preparedAt(paths, name));
    if (found !== undefined) yield found;
  }
}

/** Finds an image in the making: a partial, or a folder in the place of an image that has no record. */
async function partialAt(paths: Layout, name: string): Promise<Leftover | undefined> {
  const [, imageId = name] = /^\.(.+)\.partial$/.exec(name) ?? [];
  const folder = join(paths.root, name);
  if (imageId === name && !isImageFolder(name)) return undefined;
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (imageId === name && names.includes(RECORD)) return undefined;
  const mark = names.find((file) => file.startsWith('job-'))?.slice('job-'.length);
  if (mark === undefined) return unmarkedAt(folder, name, names, imageId === name);
  const fence = await ignoring('ENOENT', readFence(folder));
  if (fence === undefined) return undefined;
  const ref = { image_id: imageId, mark: decodeURIComponent(mark) };
  return {
    kind: 'image in the making',
    place: name,
    mark: ref.mark,
    ...(await extentOf(folder)),
    abandonedAfter: null,
    remove: () =>
      unlessTaken(async () => {
        // A commit writes the record into the folder in the image's place, maybe after the list was made.
        if (imageId === name && (await readdir(folder)).includes(RECORD)) throw taken(ref);
        await removeMarked(folder, ref, Math.max(0, fence.attempt), fence.attempt);
      }),
  };
}

/**
 * Finds a folder without a mark that has only files of a step that was frozen while somebody else removed the
 * folder: the record of a commit, or the fence of a call that has taken the folder. Any other folder without
 * a mark is a person's, and stays.
 */
async function unmarkedAt(
  path: string,
  name: string,
  names: readonly string[],
  isAtImage: boolean,
): Promise<Leftover | undefined> {
  const isNobodys = (files: readonly string[]) =>
    files.length > 0 && files.every((file) => isTrace(file) || (file === RECORD && !isAtImage));
  if (!isNobodys(names)) return undefined;
  return {
    kind: 'image in the making',
    place: name,
    mark: null,
    ...(await extentOf(path)),
    abandonedAfter: A_DAY,
    remove: () => onDisk(() => removeUnmarked(path, isNobodys)),
  };
}

/**
 * Removes a folder through its descriptor, if there is still nothing in it but what was listed: an image may
 * have come to its path. Returns whether it was removed.
 */
async function removeUnmarked(
  path: string,
  isNobodys: (files: readonly string[]) => boolean,
): Promise<boolean> {
  const folder = await ignoring('ENOENT', openFolderAt(path));
  if (folder === undefined) return false;
  try {
    const names = await readdir(folder.path);
    if (names.some((file) => file.startsWith('job-')) || !isNobodys(names)) return false;
    for (const file of names) await ignoring('ENOENT', unlink(folder.at(file)));
  } finally {
    await folder.close();
  }
  await removeIfEmpty(path);
  return true;
}

/**
 * Tells whether a file of this name can only be a fence, a note or a draft of a record that a job has left.
 */
export function isTrace(name: string): boolean {
  return /^((fence|doomed)-\d+|image\.json\.[0-9a-f-]{36})$/.test(name) || isWholeNote(name);
}

/** Finds a folder that an attempt was preparing, or one that was being removed. */
async function preparedAt(paths: Layout, name: string): Promise<Leftover | undefined> {
  const [, imageId, mark, number = '-1'] = /^\.(.+?)\.([^.]+)(?:\.(\d+))?\.(?:new|removed)$/.exec(name) ?? [];
  if (imageId === undefined || mark === undefined) return undefined;
  const ref = { image_id: imageId, mark: decodeURIComponent(mark) };
  return {
    kind: 'image in the making',
    place: name,
    mark: ref.mark,
    ...(await extentOf(join(paths.root, name))),
    abandonedAfter: null,
    remove: () => unlessTaken(() => removePrepared(paths, ref, Number(number))),
  };
}

/** Returns how many bytes the files of a folder take on the disk, and when one of them was last changed. */
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

/** Runs a removal. Returns `false` if somebody has meanwhile taken up what it was to remove. */
export async function unlessTaken(removal: () => Promise<void>): Promise<boolean> {
  try {
    await onDisk(removal);
    return true;
  } catch (error) {
    if (isStoreError(error, 'conflict')) return false;
    throw error;
  }
}
