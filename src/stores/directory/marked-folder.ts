import { readdir, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring, isErrno } from '../disk/disk-errors.ts';
import { exists } from '../disk/exists.ts';
import { doomFolder } from '../disk/fence.ts';
import { markText } from '../mark-text.ts';
import type { DestinationRef } from '../port.ts';
import { type Folder, openFolderAt } from './folder.ts';

const MAX_PASSES = 3;

/** Returns the name of the file that marks a folder as made by a job. */
export function markName({ mark }: Pick<DestinationRef, 'mark'>): string {
  return `job-${markText(mark)}`;
}

/** Tells whether there is a folder at a path and it bears this job's mark. */
export function hasMark(folder: string, ref: Pick<DestinationRef, 'mark'>): Promise<boolean> {
  return exists(join(folder, markName(ref)));
}

/**
 * Opens a folder that bears this job's mark. Returns `undefined` if there is none at the path. Operations
 * through it reach this very folder, even if another folder is at the path by then.
 */
export async function openMarked(
  path: string,
  ref: Pick<DestinationRef, 'mark'>,
): Promise<Folder | undefined> {
  const folder = await ignoring('ENOENT', openFolderAt(path));
  if (folder === undefined) return undefined;
  if (await exists(folder.at(markName(ref)))) return folder;
  await folder.close();
  return undefined;
}

/** Tells whether a path still leads to this folder. */
export async function isAtPath(folder: Folder, path: string): Promise<boolean> {
  const [held, found] = [await stat(folder.path), await ignoring('ENOENT', stat(path))];
  return held.ino === found?.ino && held.dev === found.dev;
}

/**
 * Removes a folder that bears this job's mark. Returns `false` if there is none. Throws `conflict` if an
 * attempt higher than `upTo` has taken it. The folder is doomed first, so that nobody adopts or commits it
 * from then on. Its files are removed after that, through the open folder, so that a call that was frozen in
 * the middle removes nothing that has come to the path since.
 */
export async function removeMarked(
  path: string,
  ref: Pick<DestinationRef, 'mark'>,
  attempt: number,
  upTo = attempt,
): Promise<boolean> {
  const folder = await openMarked(path, ref);
  if (folder !== undefined) {
    try {
      await doomFolder(folder.path, attempt, upTo);
      // A commit that was under way may write its record after a pass has listed the files.
      for (let pass = 0; pass < MAX_PASSES && (await readdir(folder.path)).length > 0; pass += 1)
        await emptyFolder(folder, ref);
    } finally {
      await folder.close();
    }
  }
  // An earlier call that crashed may have left an empty folder. A folder of others is not empty, and stays.
  await removeIfEmpty(path);
  return folder !== undefined;
}

/** Removes a folder if it is empty. Any other folder stays. */
export async function removeIfEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error) => {
    if (!['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].some((code) => isErrno(error, code))) throw error;
  });
}

/**
 * Removes all files of a folder. The record goes first, because without it there is no image. The mark goes
 * last, because it says to which job the rest belongs.
 */
async function emptyFolder(folder: Folder, ref: Pick<DestinationRef, 'mark'>): Promise<void> {
  const mark = markName(ref);
  const others = (await readdir(folder.path)).filter((name) => name !== mark && name !== 'image.json');
  const isDoom = (name: string) => name.startsWith('doomed-');
  const inOrder = ['image.json', ...others.toSorted((a, b) => Number(isDoom(a)) - Number(isDoom(b))), mark];
  for (const name of inOrder) await ignoring('ENOENT', unlink(folder.at(name)));
}
