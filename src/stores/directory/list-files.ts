import { lstat, readdir } from 'node:fs/promises';
import { isErrno } from '../disk-errors.ts';
import type { ObjectEntry } from '../port.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { type Folder, openFolder } from './folder.ts';
import { HIDDEN, prefixFolders } from './object-path.ts';

/** Which files are asked for. */
interface Wanted {
  readonly prefix: string;
  readonly after: string;
}

/** What a folder has that is asked for: a file, or a folder whose key ends in a slash. */
interface Entry {
  readonly key: string;
  readonly name: string;
}

/** The regular files of a share in the order of their paths. Reads one folder after the other, as it is asked. */
export async function* listFiles(
  root: string,
  prefix: string,
  after: string | null,
): AsyncGenerator<ObjectEntry> {
  yield* filesBelow(root, prefixFolders(prefix), { prefix, after: after ?? '' });
}

async function* filesBelow(
  root: string,
  steps: readonly string[],
  wanted: Wanted,
): AsyncGenerator<ObjectEntry> {
  const folder = await openFolder(root, steps).catch((error) => {
    // One that has gone, or is none, or a link, has no files.
    if (!isErrno(error, 'ENOENT') && error.code !== 'conflict' && error.code !== 'invalid_image') throw error;
  });
  if (folder === undefined) return;
  try {
    for (const { key, name } of await entriesOf(folder, steps, wanted)) {
      if (key.endsWith('/')) yield* filesBelow(root, [...steps, name], wanted);
      else yield* fileAt(folder, name, key);
    }
  } finally {
    await folder.close();
  }
}

async function entriesOf(folder: Folder, steps: readonly string[], wanted: Wanted): Promise<Entry[]> {
  const above = steps.map((step) => `${step}/`).join('');
  const entries: Entry[] = [];
  for (const entry of await readdir(folder.path, { withFileTypes: true })) {
    const { name } = entry;
    const key = `${above}${name}${entry.isDirectory() ? '/' : ''}`;
    if (key === `${HIDDEN}/` || !(entry.isFile() || entry.isDirectory())) continue;
    if (mayHave(key, wanted)) entries.push({ key, name });
  }
  return entries.sort((a, b) => compareUtf8(a.key, b.key));
}

function mayHave(key: string, { prefix, after }: Wanted): boolean {
  const isFolder = key.endsWith('/');
  const hasPrefix = key.startsWith(prefix) || (isFolder && prefix.startsWith(key));
  return hasPrefix && (compareUtf8(key, after) > 0 || (isFolder && after.startsWith(key)));
}

async function* fileAt(folder: Folder, name: string, path: string): AsyncGenerator<ObjectEntry> {
  const stats = await lstat(folder.at(name)).catch((error) => {
    if (!isErrno(error, 'ENOENT')) throw error;
  });
  if (stats?.isFile()) yield { path, size: stats.size };
  // A name that is no UTF-8 cannot be asked for. Whoever reads it finds that out; in silence, nobody would.
  else if (stats === undefined && name.includes('\ufffd')) yield { path, size: 0 };
}
