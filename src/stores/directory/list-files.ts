import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { fromErrno, isErrno } from '../disk/disk-errors.ts';
import type { ObjectEntry } from '../object-port.ts';
import { StoreError } from '../store-error.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { type Folder, openFolder } from './folder.ts';
import { HIDDEN, prefixFolders } from './object-path.ts';

/**
 * Maximum length of a folder's path; bytes. A path of `copyImage` has the same limit. Every folder on the way
 * to a file is held open, and beyond this length each is opened step by step from the root.
 */
const MAX_FOLDER_KEY = 4096;

/** Says which files are asked for: those whose path begins with `prefix` and comes after `after`. */
export interface Wanted {
  readonly prefix: string;
  readonly after: string;
  readonly signal: AbortSignal | undefined;
}

/** A folder that is held open, with its wanted entries. */
interface ReadFolder {
  readonly folder: Folder;
  readonly entries: readonly Entry[];
  /** `true` if the folder has no entries at all. */
  readonly isEmpty: boolean;
}

/** An entry of a folder. Its key is its path in the share; the key of a folder ends in a slash. */
interface Entry {
  readonly key: string;
  readonly name: string;
}

/**
 * Lists the regular files of a share in the order of their paths, and the empty folders among them. Reads one
 * folder after the other, as the caller iterates. Lists an unreadable entry too, with a fault that says why.
 * A folder whose path is too long is such an entry.
 */
export async function* listFiles(root: string, wanted: Wanted): AsyncGenerator<ObjectEntry> {
  const steps = prefixFolders(wanted.prefix);
  const folder = await readFolder(root, steps, wanted).catch((error) => {
    if (!isAbsence(error)) throw error;
  });
  if (folder !== undefined) yield* filesOf(root, steps, folder, wanted);
}

async function* filesOf(
  root: string,
  steps: readonly string[],
  { folder, entries }: ReadFolder,
  wanted: Wanted,
): AsyncGenerator<ObjectEntry> {
  try {
    for (const { key, name } of entries) {
      wanted.signal?.throwIfAborted();
      if (key.endsWith('/')) yield* filesBelow(root, [...steps, name], key, wanted);
      else yield* fileAt(folder, name, key);
    }
  } finally {
    await folder.close();
  }
}

async function* filesBelow(
  root: string,
  steps: readonly string[],
  key: string,
  wanted: Wanted,
): AsyncGenerator<ObjectEntry> {
  const isAfter = compareUtf8(key, wanted.after) > 0;
  const found =
    Buffer.byteLength(key) > MAX_FOLDER_KEY
      ? new StoreError('invalid_image', `its path has more than ${MAX_FOLDER_KEY} bytes`)
      : await readFolder(root, steps, wanted).catch((error) => faultOf(steps.at(-1) ?? '', error));
  if (found === undefined) return;
  if (found instanceof StoreError) {
    if (isAfter) yield { path: key, size: 0, fault: found };
    // If `after` is the folder's own key, an earlier list has shown the fault. If `after` is further inside
    // the folder, this list has no entry that could show the fault.
    else if (key !== wanted.after) throw found;
    return;
  }
  if (found.isEmpty && isAfter && key.startsWith(wanted.prefix)) yield { path: key, size: 0, isFolder: true };
  yield* filesOf(root, steps, found, wanted);
}

async function readFolder(root: string, steps: readonly string[], wanted: Wanted): Promise<ReadFolder> {
  const folder = await openFolder(root, steps);
  try {
    const found = await readdir(folder.path, { withFileTypes: true });
    return { folder, entries: entriesOf(found, steps, wanted), isEmpty: found.length === 0 };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

function entriesOf(found: readonly Dirent[], steps: readonly string[], wanted: Wanted): Entry[] {
  const above = steps.map((step) => `${step}/`).join('');
  const entries: Entry[] = [];
  for (const entry of found) {
    const { name } = entry;
    const key = `${above}${name}${entry.isDirectory() ? '/' : ''}`;
    if (key === `${HIDDEN}/` || !(entry.isFile() || entry.isDirectory())) continue;
    if (mayHave(key, wanted)) entries.push({ key, name });
  }
  return entries.sort((a, b) => compareUtf8(a.key, b.key));
}

/** Tells whether a key belongs to a wanted file, or to a folder that may have wanted files. */
function mayHave(key: string, { prefix, after }: Wanted): boolean {
  const isFolder = key.endsWith('/');
  const hasPrefix = key.startsWith(prefix) || (isFolder && prefix.startsWith(key));
  return hasPrefix && (compareUtf8(key, after) > 0 || (isFolder && after.startsWith(key)));
}

async function* fileAt(folder: Folder, name: string, path: string): AsyncGenerator<ObjectEntry> {
  const found = await lstat(folder.at(name)).catch((error) => faultOf(name, error));
  if (found instanceof StoreError) yield { path, size: 0, fault: found };
  else if (found?.isFile()) yield { path, size: found.size };
}

/**
 * Returns why a file or a folder cannot be read; `undefined` if it is not there. Throws an error that may
 * concern other entries too.
 */
function faultOf(name: string, error: unknown): StoreError | undefined {
  // Node.js puts U+FFFD in place of bytes that are not UTF-8. No file has the name that results.
  if (isErrno(error, 'ENOENT') && name.includes('\ufffd')) {
    return new StoreError('invalid_image', 'its name is not UTF-8', { cause: error });
  }
  if (isAbsence(error)) return undefined;
  const fault = fromErrno(error);
  if (fault.code === 'forbidden') return fault;
  throw error;
}

/** Tells whether an error says that nothing is at a path, or a file or link instead of a folder. */
function isAbsence(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOENT' || code === 'conflict' || code === 'invalid_image';
}
