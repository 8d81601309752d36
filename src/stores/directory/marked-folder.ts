import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring } from '../disk/disk-errors.ts';
import { exists } from '../disk/exists.ts';
import { doomFolder } from '../disk/fence.ts';
import { markText } from '../mark-text.ts';
import type { DestinationRef } from '../port.ts';
import { type Folder, openFolderAt } from './folder.ts';
import { RECORD } from './record-file.ts';
import { removeIfEmpty } from './remove-from.ts';

/** The part of a reference that names the job. */
type JobRef = Pick<DestinationRef, 'mark'>;

/** Maximum number of passes over the files of a folder that is removed. */
const MAX_PASSES = 3;

/** Returns the name of the file that marks a folder as made by a job. */
export function markName({ mark }: JobRef): string {
  return `job-${markText(mark)}`;
}

/** Tells whether a folder with this job's mark is at a path. */
export function hasMark(folder: string, ref: JobRef): Promise<boolean> {
  return exists(join(folder, markName(ref)));
}

/** Opens a folder that bears this job's mark. Returns `undefined` if no such folder is at the path. */
export async function openMarked(path: string, ref: JobRef): Promise<Folder | undefined> {
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
 * attempt higher than `upTo` has the folder.
 *
 * Dooms the folder first: from then on, nobody adopts or commits it. Removes files only through the open
 * folder. If this call is frozen, and another folder comes to the path meanwhile, the other folder keeps its
 * files.
 * @param upTo the highest attempt from which the folder may be taken
 */
export async function removeMarked(
  path: string,
  ref: JobRef,
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
  // A call that crashed may have left the folder empty, without its mark.
  await removeIfEmpty(path);
  return folder !== undefined;
}

/**
 * Removes all files of a folder. The record goes first, because without it there is no image. The doom and
 * the mark go last. If the call stops halfway, the folder is still doomed, and still bears the job's mark.
 */
async function emptyFolder(folder: Folder, ref: JobRef): Promise<void> {
  const mark = markName(ref);
  const names = (await readdir(folder.path)).filter((name) => name !== RECORD && name !== mark);
  const isDoom = (name: string) => name.startsWith('doomed-');
  const [dooms, others] = [names.filter(isDoom), names.filter((name) => !isDoom(name))];
  for (const name of [RECORD, ...others, ...dooms, mark]) await ignoring('ENOENT', unlink(folder.at(name)));
}
