import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring, onDisk } from '../disk/disk-errors.ts';
import { readFence } from '../disk/fence.ts';
import { type Leftover, leftoversAt, unlessNeeded } from '../leftover.ts';
import { idTakenError } from '../refusals.ts';
import { openFolderAt } from './folder.ts';
import { isImageFolder, type Layout } from './layout.ts';
import { removeMarked } from './marked-folder.ts';
import { isTrace, markOfPrepared, ownFilesIn } from './own-files.ts';
import { removeAside } from './partial.ts';
import { RECORD } from './record-file.ts';
import { removeIfEmpty } from './remove-from.ts';

const A_DAY = 24 * 60 * 60_000;

/** Lists the images that jobs are making or have left behind, in the order of the names. */
export async function* imageLeftovers(paths: Layout): AsyncGenerator<Leftover> {
  const names = (await onDisk(() => readdir(paths.root))).toSorted();
  yield* leftoversAt(names, (name) =>
    onDisk(async () => (await partialAt(paths, name)) ?? preparedAt(paths, name)),
  );
}

/** Returns the leftover at a name: a partial, or a folder that has the name of an image, but no record. */
async function partialAt(paths: Layout, name: string): Promise<Leftover | undefined> {
  const [, imageId = name] = /^\.(.+)\.partial$/.exec(name) ?? [];
  if (!isImageFolder(imageId)) return undefined;
  const hasImageName = imageId === name;
  const folder = join(paths.root, name);
  const own = await ownFilesIn(folder);
  if (own === undefined || (hasImageName && own.names.includes(RECORD))) return undefined;
  if (own.mark === null) return unmarkedAt(folder, name, own.names, hasImageName);
  const fence = await ignoring('ENOENT', readFence(folder));
  if (fence === undefined) return undefined;
  const ref = { image_id: imageId, mark: own.mark };
  return {
    kind: 'image in the making',
    place: name,
    mark: ref.mark,
    ...(await extentOf(folder)),
    abandonedAfter: null,
    remove: () =>
      unlessNeeded(() =>
        onDisk(async () => {
          const now = await ownFilesIn(folder);
          // Since the folder was listed, a commit may have made an image of it.
          if (hasImageName && now?.names.includes(RECORD)) throw idTakenError(ref);
          // Since the folder was listed, a person may have put a file into it.
          if (now?.mark !== ref.mark) return false;
          // Without a fence, `fence.attempt` is -1. The number of a doom is 0 or higher.
          return removeMarked(folder, ref, Math.max(0, fence.attempt), fence.attempt);
        }),
      ),
  };
}

/**
 * Returns the leftover for a folder without a mark. Such a folder comes from a call that was frozen while
 * another call emptied the folder. When the frozen call wakes, it may still write a fence, a note or a
 * record. A folder with any other file belongs to a person, and stays.
 */
async function unmarkedAt(
  path: string,
  name: string,
  names: readonly string[],
  hasImageName: boolean,
): Promise<Leftover | undefined> {
  const hasOnlyTraces = (files: readonly string[]) =>
    files.length > 0 && files.every((file) => isTrace(file) || (file === RECORD && !hasImageName));
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
 * Removes a folder, if it still has no mark, and still `hasOnlyTraces`. Since the folder was listed, an image
 * may have come to its path. Returns whether the folder's files were removed.
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

/** Returns the leftover at a name: a folder that an attempt was preparing or removing. */
async function preparedAt(paths: Layout, name: string): Promise<Leftover | undefined> {
  const mark = markOfPrepared(name);
  if (mark === undefined) return undefined;
  const folder = join(paths.root, name);
  const isOwn = async () => {
    const own = await ownFilesIn(folder);
    return own !== undefined && (own.mark === null || own.mark === mark);
  };
  if (!(await isOwn())) return undefined;
  return {
    kind: 'image in the making',
    place: name,
    mark,
    ...(await extentOf(folder)),
    abandonedAfter: null,
    remove: () =>
      onDisk(async () => {
        if (!(await isOwn())) return false;
        await removeAside(paths, name);
        return true;
      }),
  };
}

/** Returns how many bytes a folder's files take on the disk, and when the folder or a file last changed. */
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
