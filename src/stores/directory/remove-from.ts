import { readdir, rmdir, unlink } from 'node:fs/promises';
import { ignoring, isErrno } from '../disk/disk-errors.ts';
import { type Folder, openIn } from './folder.ts';

/**
 * Removes a file, or a folder with its files. If the folder has folders in it, these stay, and the folder
 * stays too. Unlike a recursive removal by path, follows no link that somebody puts in the way.
 */
export async function removeFrom(parent: Folder, name: string): Promise<void> {
  if (await unlinkFile(parent.at(name))) return;
  const folder = await ignoring('ENOENT', openIn(parent, name));
  if (folder === undefined) return;
  try {
    await removeFiles(folder);
  } finally {
    await folder.close();
  }
  await removeIfEmpty(parent.at(name));
}

/** Removes the files of a folder, or only those that `isToRemove` selects. Folders in it stay. */
export async function removeFiles(
  folder: Folder,
  isToRemove: (name: string) => boolean = () => true,
): Promise<void> {
  for (const name of (await readdir(folder.path)).filter(isToRemove)) await unlinkFile(folder.at(name));
}

/** Removes a folder if it is empty. Anything else at the path stays. */
export async function removeIfEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error) => {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST')) throw error;
  });
}

/** Removes a file or a link, if it is there. Returns `false` for a folder, and leaves it as it is. */
export async function unlinkFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
  } catch (error) {
    if (isErrno(error, 'EISDIR')) return false;
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  return true;
}
