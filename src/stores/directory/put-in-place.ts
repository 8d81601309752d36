import { link, lstat, rename, unlink } from 'node:fs/promises';
import { ignoring, isErrno } from '../disk/disk-errors.ts';
import type { Confirm } from '../port.ts';
import { StoreError } from '../store-error.ts';
import { type Folder, removedMeanwhileError } from './folder.ts';
import { objectPath } from './object-path.ts';

/** Maximum number of looks at a path at which others keep putting files. */
const MAX_LOOKS = 20;

/** A file that is to be moved from the hidden folder to an object's path. */
export interface Placing {
  /** The folder of the object's path. */
  readonly folder: Folder;
  /** The object's path. */
  readonly path: string;
  /** Present path of the file, in the hidden folder. */
  readonly file: string;
  readonly confirm: Confirm | undefined;
  /**
   * Called when the file is at its path. A linked file keeps its name in the hidden folder until this call
   * has succeeded.
   */
  readonly onPlaced?: () => Promise<void>;
}

/**
 * Moves a file to an object's path. Protects a file that a later job or task has put there while this process
 * was frozen:
 * - If nothing is at the path, link(2) puts the file there. link(2) fails if something has come there.
 * - If something is at the path, or the file system has no hard links, rename(2) puts the file there.
 *   rename(2) knows no condition. So before it come a look at the path, then `confirm`, then a second look,
 *   which MUST find the same. Only a process frozen after the second look can replace something newer.
 */
export async function putInPlace(placing: Placing): Promise<void> {
  const { folder, path, file, confirm } = placing;
  const target = folder.at(objectPath(path).name);
  for (let looks = 1; looks <= MAX_LOOKS; looks += 1) {
    await confirm?.();
    const outcome = await tryLink(file, target);
    if (outcome === 'linked') return removeOtherName(placing);
    const lookedAt = performance.now();
    const seen = await lookAt(target);
    if (seen === undefined && outcome === 'taken') continue;
    // An earlier call may have died after linking. Between two names of one file, rename(2) does nothing.
    if (seen !== undefined && seen.file === (await lookAt(file))?.file) return removeOtherName(placing);
    await confirm?.(lookedAt);
    if ((await lookAt(target))?.state !== seen?.state) continue;
    await renameInto(placing, target);
    return placing.onPlaced?.();
  }
  throw new StoreError('unavailable', 'others keep putting files at the same path');
}

/** Links a file to a path. Returns `taken` if something is there, and `refused` after any other error. */
async function tryLink(file: string, target: string): Promise<'linked' | 'taken' | 'refused'> {
  try {
    await link(file, target);
    return 'linked';
  } catch (error) {
    // If another error is not about links, rename(2) reports it again.
    return isErrno(error, 'EEXIST') ? 'taken' : 'refused';
  }
}

/**
 * Removes the hidden name of a file that is at its path. After an error of the disk, the hidden name stays
 * until the hidden folder is tidied up.
 */
async function removeOtherName({ file, onPlaced }: Placing): Promise<void> {
  await onPlaced?.();
  await unlink(file).catch(() => {});
}

/** The file that a look has found at a path. */
interface Seen {
  /** A text that distinguishes the file from all others that exist. */
  readonly file: string;
  /** A text that changes when the file is written again, or when a new file gets its inode number. */
  readonly state: string;
}

async function lookAt(path: string): Promise<Seen | undefined> {
  const stats = await ignoring('ENOENT', lstat(path, { bigint: true }));
  if (stats === undefined) return undefined;
  const { dev, ino, birthtimeNs, ctimeNs, size } = stats;
  const file = `${dev} ${ino}`;
  return { file, state: `${file} ${birthtimeNs} ${ctimeNs} ${size}` };
}

async function renameInto({ path, file }: Placing, target: string): Promise<void> {
  await rename(file, target).catch((error) => {
    if (isErrno(error, 'EISDIR')) throw folderAtPathError(path);
    if (isErrno(error, 'ENOENT')) throw removedMeanwhileError(objectPath(path).folders, error);
    if (!isErrno(error, 'EXDEV')) throw error;
    throw new StoreError('invalid_image', `${JSON.stringify(path)} is on another file system than the share`);
  });
}

/** Returns the error for a folder that is at a file's path. */
export function folderAtPathError(path: string): StoreError {
  return new StoreError('conflict', `${JSON.stringify(path)} is a folder`);
}
