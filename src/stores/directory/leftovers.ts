import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring, onDisk } from '../disk-errors.ts';
import { readFence } from '../fence.ts';
import type { Leftover } from '../port.ts';
import { StoreError } from '../store-error.ts';
import type { Layout } from './layout.ts';
import { removeMarked } from './marked-folder.ts';
import { removePrepared } from './partial.ts';

/** Lists what jobs have in the making, or have left behind, in the order of their names. */
export async function* imageLeftovers(paths: Layout): AsyncGenerator<Leftover> {
  for (const name of (await onDisk(() => readdir(paths.root))).toSorted()) {
    const found = await onDisk(async () => (await partialAt(paths, name)) ?? preparedAt(paths, name));
    if (found !== undefined) yield found;
  }
}

/** An image in the making. Without a mark it is one that a person is adding, and none of ours to judge. */
async function partialAt(paths: Layout, name: string): Promise<Leftover | undefined> {
  const [, imageId] = /^\.(.+)\.partial$/.exec(name) ?? [];
  if (imageId === undefined) return undefined;
  const folder = join(paths.root, name);
  const names = (await ignoring('ENOENT', readdir(folder))) ?? [];
  const mark = names.find((file) => file.startsWith('job-'))?.slice('job-'.length);
  const fence = await ignoring('ENOENT', readFence(folder));
  if (mark === undefined || fence === undefined) return undefined;
  const ref = { image_id: imageId, mark: decodeURIComponent(mark) };
  return {
    kind: 'image in the making',
    place: name,
    mark: ref.mark,
    ...(await extentOf(folder)),
    abandonedAfter: null,
    remove: () => unlessTaken(() => removeMarked(folder, ref, Math.max(0, fence.attempt), fence.attempt)),
  };
}

/** What an attempt was about to make, or to remove. */
async function preparedAt(paths: Layout, name: string): Promise<Leftover | undefined> {
  const [, imageId, mark, number = '-1'] = /^\.(.+)\.([^.]+)(?:\.(\d+))?\.(?:new|removed)$/.exec(name) ?? [];
  if (imageId === undefined || mark === undefined) return undefined;
  const ref = { image_id: imageId, mark: decodeURIComponent(mark) };
  return {
    kind: 'image in the making',
    place: name,
    mark: ref.mark,
    ...(await extentOf(join(paths.root, name))),
    abandonedAfter: null,
    remove: () => unlessTaken(() => removePrepared(paths, ref, Number(number))),
  };
}

/** How many bytes the files of a folder take on the disk, and when one of them was changed last. */
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

/** Runs a removal; `false` where somebody has taken up meanwhile what it was to remove. */
export async function unlessTaken(removal: () => Promise<void>): Promise<boolean> {
  try {
    await onDisk(removal);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'conflict') return false;
    throw error;
  }
}
