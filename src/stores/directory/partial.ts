import { mkdir, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring, isErrno } from '../disk/disk-errors.ts';
import { fenceName, readFence } from '../disk/fence.ts';
import type { DestinationRef } from '../port.ts';
import { idTakenError } from '../refusals.ts';
import type { Layout } from './layout.ts';
import { hasMark, markName } from './marked-folder.ts';
import { asideOf, preparedBy } from './prepared.ts';

/** Tells whether this very attempt has made the folder of the image in the making. */
export async function isPreparedBy(paths: Layout, ref: DestinationRef, attempt: number): Promise<boolean> {
  const partial = paths.partial(ref.image_id);
  if (!(await hasMark(partial, ref))) return false;
  const fence = await ignoring('ENOENT', readFence(partial));
  return fence?.attempt === attempt && !fence.isDoomed;
}

/** The part of a reference that names an image in the making, and who makes it. */
type PartialRef = Pick<DestinationRef, 'image_id' | 'mark'>;

/** Makes the folder of an image in the making, in one step. Throws `conflict` if the id has one already. */
export async function makePartial(
  paths: Layout,
  ref: PartialRef,
  attempt: number,
  size: number,
): Promise<void> {
  const prepared = paths.prepared(ref.image_id, ref.mark, attempt);
  try {
    await ignoring('EEXIST', mkdir(prepared));
    for (const name of [markName(ref), fenceName(attempt)]) await writeFile(join(prepared, name), '');
    await writeFile(join(prepared, 'data'), '', { flag: 'a' });
    await truncate(join(prepared, 'data'), size);
    await renameUnlessTaken(prepared, paths.partial(ref.image_id), ref);
  } finally {
    await rm(prepared, { recursive: true, force: true });
  }
}

/** Removes the folders that attempts up to `upTo` were preparing. */
export async function removePrepared(paths: Layout, ref: PartialRef, upTo: number): Promise<void> {
  const prefix = paths.preparedPrefix(ref.image_id, ref.mark);
  for (const name of await readdir(paths.root)) {
    const prepared = preparedBy(name, prefix);
    if (prepared !== undefined && prepared.attempt <= upTo) await removeAside(paths, name);
  }
}

/**
 * Removes a folder that was being prepared. Renames the folder first, so that an attempt that wakes from a
 * freeze cannot move a half-removed folder into place.
 */
export async function removeAside({ root }: Layout, name: string): Promise<void> {
  const aside = asideOf(name);
  if (aside !== name) await ignoring('ENOENT', rename(join(root, name), join(root, aside)));
  await rm(join(root, aside), { recursive: true, force: true });
}

/** Tells whether a path is taken. An empty folder does not count, because a removal may leave one. */
export async function isOccupied(path: string): Promise<boolean> {
  const names = await readdir(path).catch((error) => {
    if (isErrno(error, 'ENOENT')) return [];
    if (isErrno(error, 'ENOTDIR')) return [path];
    throw error;
  });
  return names.length > 0;
}

/** Renames a folder. Throws `conflict` if a folder that is not empty is at `to`. */
export async function renameUnlessTaken(from: string, to: string, ref: PartialRef): Promise<void> {
  await rename(from, to).catch((error) => {
    throw isErrno(error, 'ENOTEMPTY', 'EEXIST') ? idTakenError(ref) : error;
  });
}
