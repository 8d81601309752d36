import { link, lstat, rename, unlink } from 'node:fs/promises';
import { ignoring, isErrno } from '../disk/disk-errors.ts';
import type { Confirm } from '../port.ts';
import { StoreError } from '../store-error.ts';
import { type Folder, removedMeanwhile } from './folder.ts';
import { objectPath } from './object-path.ts';

/** Maximum number of looks at a path to which others keep putting files. */
const MAX_LOOKS = 20;

/** A file of our own that is to get to an object's path, in the open folder of that path. */
export interface Placing {
  readonly folder: Folder;
  readonly path: string;
  /** Path of the file, in the hidden folder. */
  readonly file: string;
  readonly confirm: Confirm | undefined;
  /**
   * Called when the file is at its path; until it resolves, the file also keeps its name in the hidden
   * folder.
   */
  readonly onPlaced?: () => Promise<void>;
}

/**
 * Moves a file to an object's path. Where nothing is, the file is linked to the path, which fails if
 * something has come there since: so a process that was frozen replaces nothing of a later job or task. What
 * is there is replaced by rename(2), which knows no condition: `confirm` is awaited after a look at what is
 * there, and the file is renamed if the same is still there. File systems without hard links are always
 * renamed on.
 */
export async function putInPlace(placing: Placing): Promise<void> {
  const { folder, path, file, confirm } = placing;
  const target = folder.at(objectPath(path).name);
  for (let looks = 1; looks <= MAX_LOOKS; looks += 1) {
    await confirm?.();
    const outcome = await tryLink(file, target);
    if (outcome === 'linked') return removeOtherName(placing);
    const lookedAt = performance.now();
    const seen = await fileAt(target);
    if (seen === undefined && outcome === 'taken') continue;
    // An earlier call may have died between linking and unlinking. rename(2) would do nothing here.
    if (seen !== undefined && seen === (await fileAt(file))) return removeOtherName(placing);
    await confirm?.(lookedAt);
    if ((await fileAt(target)) !== seen) continue;
    await renameInto(placing, target);
    return placing.onPlaced?.();
  }
  throw new StoreError('unavailable', 'others keep putting files at the same path');
}

/** Links a file to a path. Returns `taken` if something is there, and `refused` if it fails otherwise. */
async function tryLink(file: string, target: string): Promise<'linked' | 'taken' | 'refused'> {
  try {
    await link(file, target);
    return 'linked';
  } catch (error) {
    // An error that is not about links comes again with rename(2).
    return isErrno(error, 'EEXIST') ? 'taken' : 'refused';
  }
}

async function removeOtherName({ file, onPlaced }: Placing): Promise<void> {
  await onPlaced?.();
  await ignoring('ENOENT', unlink(file));
}

/** Names the very file at a path; `undefined` if nothing is there. */
async function fileAt(path: string): Promise<string | undefined> {
  const stats = await ignoring('ENOENT', lstat(path, { bigint: true }));
  return stats && `${stats.dev} ${stats.ino}`;
}

async function renameInto({ path, file }: Placing, target: string): Promise<void> {
  await rename(file, target).catch((error) => {
    if (isErrno(error, 'EISDIR')) throw folderAtPathError(path);
    if (isErrno(error, 'ENOENT')) throw removedMeanwhile(objectPath(path).folders, error);
    if (!isErrno(error, 'EXDEV')) throw error;
    throw new StoreError('invalid_image', `${JSON.stringify(path)} is on another file system than the share`);
  });
}

/** Returns the error for a folder that is at a file's path. */
export function folderAtPathError(path: string): StoreError {
  return new StoreError('conflict', `${JSON.stringify(path)} is a folder`);
}
