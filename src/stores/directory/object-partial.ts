import { mkdir, readdir, rename } from 'node:fs/promises';
import { ignoring, isErrno } from '../disk/disk-errors.ts';
import { exists } from '../disk/exists.ts';
import { doomFolder, fenceName, readFence } from '../disk/fence.ts';
import { writeOwn } from '../disk/open-regular.ts';
import { hashOf } from '../hash-of.ts';
import type { DestinationRef } from '../port.ts';
import { goneError } from '../refusals.ts';
import { type Folder, openFolder, openIn, openRoot } from './folder.ts';
import { HIDDEN } from './object-path.ts';
import { preparedBy } from './prepared.ts';
import { removeFiles, removeFrom, removeIfEmpty, unlinkFile } from './remove-from.ts';

/**
 * The partial of a file: the folder in which it is made. Each job has one partial for each path:
 *
 *     <root>/.image-replicator/<hash>/data        the bytes so far
 *     <root>/.image-replicator/<hash>/parts       the byte ranges that are complete, one a line
 *     <root>/.image-replicator/<hash>/fence-<n>   attempt n may write as long as this stands
 *     <root>/.image-replicator/<hash>/doomed-<n>  instead of the fence: attempt n is removing the folder
 *     <root>/.image-replicator/<hash>/owner       the mark of the job
 *     <root>/.image-replicator/<hash>/whole-<n>   attempt n has written all bytes, and they are on the disk
 *     <root>/.image-replicator/<hash>/whole       the same, for workers of an earlier version
 *     <root>/.image-replicator/<hash>/committing  a commit has begun; if `data` is gone, the file is in place
 *     <root>/.image-replicator/<hash>.<n>.new     a folder that attempt n is preparing
 *     <root>/.image-replicator/<hash>.<n>.removed a folder that is being removed
 */
export interface ObjectPartial extends Folder {
  /** Tells whether the folder has a file of this name. */
  has(name: Note | 'data'): Promise<boolean>;
  /** Leaves a note. Returns when the note would survive a loss of power. */
  note(name: Note): Promise<void>;
}

type Note = 'whole' | 'committing';

/** Name of the file that has the job's mark. */
export const OWNER = 'owner';

/** Makes the folder of a file, in one step. A folder that the same attempt has made stays as it is. */
export async function makePartial(
  root: string,
  ref: DestinationRef,
  attempt: number,
  size: number,
): Promise<void> {
  const hidden = await makeHidden(root);
  const [name, prepared] = [hashOf(ref), `${hashOf(ref)}.${attempt}.new`];
  const isDone = async () =>
    (await ignoring('ENOENT', readFence(hidden.at(name))))?.names.at(-1) === fenceName(attempt);
  try {
    if (await isDone()) return;
    // Bytes from an earlier inspection of the source must not mix with bytes from this one.
    await doomAndRemove(hidden, name, attempt, attempt - 1);
    await removePrepared(hidden, name, attempt - 1);
    await ignoring('EEXIST', mkdir(hidden.at(prepared)));
    await fill(hidden, prepared, ref, attempt, size);
    await rename(hidden.at(prepared), hidden.at(name));
  } catch (error) {
    // Another call of the same attempt may have been faster.
    if (!(await isDone())) throw error;
    await removeFrom(hidden, prepared);
  } finally {
    await hidden.close();
  }
}

async function fill(
  hidden: Folder,
  prepared: string,
  { mark }: DestinationRef,
  attempt: number,
  size: number,
): Promise<void> {
  const folder = await openIn(hidden, prepared);
  try {
    await writeOwn(folder.at(OWNER), mark);
    await writeOwn(folder.at(fenceName(attempt)), '');
    await writeOwn(folder.at('data'), '', size);
  } finally {
    await folder.close();
  }
}

/** Opens the folder of a file in the making. Throws `not_found` if there is none. */
export async function openPartial(root: string, ref: DestinationRef): Promise<ObjectPartial> {
  const folder = await openFolder(root, [HIDDEN, hashOf(ref)]).catch((error) => {
    throw isErrno(error, 'ENOENT') ? goneError(ref) : error;
  });
  return {
    ...folder,
    has: (name) => exists(folder.at(name)),
    note: async (name) => {
      await writeOwn(folder.at(name), '');
      await folder.sync();
    },
  };
}

/** Removes a file in the making. Throws `conflict` if a later attempt has taken it. */
export async function removePartial(root: string, ref: DestinationRef, attempt: number): Promise<void> {
  const hidden = await openHidden(root);
  if (hidden === undefined) return;
  try {
    await doomAndRemove(hidden, hashOf(ref), attempt);
    await removePrepared(hidden, hashOf(ref), attempt);
  } finally {
    await hidden.close();
  }
}

/**
 * Dooms a folder, and then removes it. Throws `conflict` if an attempt higher than `upTo` has taken it. Goes
 * through the folder's descriptor, because another attempt may put its own folder at the path meanwhile. If a
 * file or a link is there instead of a folder, removes that.
 */
export async function doomAndRemove(
  hidden: Folder,
  name: string,
  attempt: number,
  upTo = attempt,
): Promise<void> {
  const folder = await openIn(hidden, name).catch((error) => {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
  });
  // If this process is frozen here, a later attempt's folder may come to the name. `unlinkFile` leaves a
  // folder as it is.
  if (folder === undefined) {
    await unlinkFile(hidden.at(name));
    return;
  }
  try {
    await doomFolder(folder.path, attempt, upTo);
    await removeFiles(folder, (file) => !file.startsWith('doomed-'));
    await removeFiles(folder);
  } finally {
    await folder.close();
  }
  await removeIfEmpty(hidden.at(name));
}

/**
 * Removes the folders that attempts up to `upTo` were preparing. Renames each folder first, so that an
 * attempt that wakes from a freeze cannot move a half-removed folder into place.
 */
async function removePrepared(hidden: Folder, hash: string, upTo: number): Promise<void> {
  for (const name of await readdir(hidden.path)) {
    const prepared = preparedBy(name, `${hash}.`);
    if (prepared === undefined || prepared.attempt > upTo) continue;
    const { aside } = prepared;
    if (aside !== name) await ignoring('ENOENT', rename(hidden.at(name), hidden.at(aside)));
    await removeFrom(hidden, aside);
  }
}

/** Opens the folder that has the files in the making. Returns `undefined` if there is none yet. */
export async function openHidden(root: string): Promise<Folder | undefined> {
  const rootFolder = await openRoot(root);
  try {
    return await openIn(rootFolder, HIDDEN).catch((error) => {
      // If something else than a folder is there, `openFolder` throws an error that says so.
      return isErrno(error, 'ENOENT') ? undefined : openFolder(root, [HIDDEN]);
    });
  } finally {
    await rootFolder.close();
  }
}

/** Opens the folder that has the files in the making, and makes it if it is missing. */
export async function makeHidden(root: string): Promise<Folder> {
  const hidden = await openHidden(root);
  if (hidden !== undefined) return hidden;
  await ignoring('EEXIST', mkdir(`${root}/${HIDDEN}`, { mode: 0o700 }));
  return openFolder(root, [HIDDEN]);
}
