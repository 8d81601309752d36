import { constants, readlinkSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath, rmdir } from 'node:fs/promises';
import { assertReachable, failsWith, ignoring, isErrno } from '../disk/disk-errors.ts';
import { StoreError } from '../store-error.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/**
 * A folder that is held open. Its paths begin at its descriptor (proc_pid_fd(5)). So no symbolic link that
 * somebody puts on the way to the folder can lead elsewhere.
 */
export interface Folder {
  /** Path of the folder. It is good in this process only, and only until `close`. */
  readonly path: string;
  /** Returns the path of a name in this folder. */
  at(name: string): string;
  /** Makes the folder's entries survive a loss of power. */
  sync(): Promise<void>;
  /**
   * Closes the folder. Its paths MUST NOT be used afterwards, because the kernel reuses the descriptor's
   * number.
   */
  close(): Promise<void>;
}

/**
 * Opens a folder below a root. Follows no link. Throws ENOENT if a folder is missing.
 * @param steps the names of the folders on the path, the outermost first
 */
export async function openFolder(root: string, steps: readonly string[]): Promise<Folder> {
  return walk(root, steps, openIn);
}

/** A folder that is held open, and that may have been made for the caller. */
export interface MadeFolder extends Folder {
  /** Removes the folders that were made on the way to this one, if they are empty. */
  unmake?(): Promise<void>;
}

/**
 * Opens a folder below a root. Follows no link, and makes the folders that are missing.
 * @param steps the names of the folders on the path, the outermost first
 */
export async function makeFolder(root: string, steps: readonly string[]): Promise<MadeFolder> {
  let firstMade = steps.length;
  const unmake = () => removeEmpty(root, steps, firstMade);
  try {
    const folder = await walk(root, steps, async (parent, step, depth) => {
      const existing = await ignoring('ENOENT', openIn(parent, step));
      if (existing !== undefined) return existing;
      if (await makeStep(parent, step)) firstMade = Math.min(firstMade, depth);
      return openIn(parent, step);
    });
    return { ...folder, unmake };
  } catch (error) {
    await unmake();
    throw isErrno(error, 'ENOENT') ? removedMeanwhileError(steps, error) : error;
  }
}

/** Returns the error for a folder that was removed while it was in use. */
export function removedMeanwhileError(steps: readonly string[], cause: unknown): StoreError {
  const path = JSON.stringify(steps.join('/'));
  return new StoreError('unavailable', `the folder ${path} was removed meanwhile`, { cause });
}

/** Opens the folder at a path: at once if that is possible, else step by step with `next`. */
async function walk(
  root: string,
  steps: readonly string[],
  next: (parent: Folder, step: string, depth: number) => Promise<Folder>,
): Promise<Folder> {
  const opened = await openAtOnce(root, steps);
  if (opened !== undefined) return opened;
  let folder = await openRoot(root);
  for (const [depth, step] of steps.entries()) {
    const parent = folder;
    try {
      folder = await next(parent, step, depth);
    } catch (error) {
      throw await clashError(parent, step, steps.slice(0, depth + 1).join('/'), error);
    } finally {
      await parent.close();
    }
  }
  return folder;
}

/**
 * Opens a folder by its whole path, and asks the kernel for the real path of what was opened. Returns
 * `undefined` if a link was on the way, or if the folder cannot be opened like this.
 */
async function openAtOnce(root: string, steps: readonly string[]): Promise<Folder | undefined> {
  const real = await realRoot(root);
  if (real === undefined) return undefined;
  const handle = await open([root, ...steps].join('/'), FLAGS).catch(() => undefined);
  if (handle === undefined) return undefined;
  const folder = folderOf(handle);
  if (isAt(folder, [real, ...steps].join('/'))) return folder;
  await folder.close();
  return undefined;
}

function isAt({ path }: Folder, expected: string): boolean {
  try {
    return readlinkSync(path, 'buffer').equals(Buffer.from(expected));
  } catch {
    return false;
  }
}

const realRoots = new Map<string, string>();

/**
 * Returns the real path that a root had when it was first used. If the root leads elsewhere later on,
 * `openAtOnce` returns `undefined`, and each folder is opened step by step.
 */
async function realRoot(root: string): Promise<string | undefined> {
  const real = realRoots.get(root) ?? (await realpath(root).catch(() => undefined));
  if (real !== undefined) realRoots.set(root, real);
  return real;
}

/** Makes a folder in an open folder. Returns `false` if somebody else was faster. */
async function makeStep(parent: Folder, step: string): Promise<boolean> {
  if (await failsWith('EEXIST', mkdir(parent.at(step)))) return false;
  await parent.sync();
  return true;
}

/** Opens a folder in an open folder. Throws ELOOP or ENOTDIR for a link. */
export async function openIn(parent: Folder, name: string): Promise<Folder> {
  return folderOf(await open(parent.at(name), FLAGS));
}

/** Opens the root of a store, also through a link. Throws `unavailable` if it is not there. */
export async function openRoot(root: string): Promise<Folder> {
  await assertReachable(root);
  return folderOf(await open(root, O_RDONLY | O_DIRECTORY));
}

/** Opens the folder at a path. Throws ENOENT if there is none, and ELOOP or ENOTDIR for a link. */
export async function openFolderAt(path: string): Promise<Folder> {
  return folderOf(await open(path, FLAGS));
}

function folderOf(handle: FileHandle): Folder {
  const path = `/proc/self/fd/${handle.fd}`;
  return { path, at: (name) => `${path}/${name}`, sync: () => handle.sync(), close: () => handle.close() };
}

/** Returns the error for a link or a file where a folder is needed. Returns any other error as it is. */
async function clashError(parent: Folder, step: string, path: string, error: unknown): Promise<unknown> {
  if (!isErrno(error, 'ENOTDIR', 'ELOOP')) return error;
  const isLink = (await lstat(parent.at(step)).catch(() => undefined))?.isSymbolicLink();
  const why = isLink ? 'is a link, which is not followed' : 'is a file, not a folder';
  return new StoreError(isLink ? 'invalid_image' : 'conflict', `${JSON.stringify(path)} ${why}`);
}

/** Removes the folders from the depth `firstMade` on, the innermost first, if they are empty. */
async function removeEmpty(root: string, steps: readonly string[], firstMade: number): Promise<void> {
  for (const [depth, step] of [...steps.entries()].slice(firstMade).reverse()) {
    const parent = await openFolder(root, steps.slice(0, depth)).catch(() => undefined);
    if (parent === undefined) continue;
    await rmdir(parent.at(step)).catch(() => {});
    await parent.close();
  }
}
