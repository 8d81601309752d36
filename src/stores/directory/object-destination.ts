import { lstat } from 'node:fs/promises';
import { MIB } from '../../memory/index.ts';
import { pause } from '../../wait/index.ts';
import type { PartSink } from '../data-port.ts';
import { assertReachable, ignoring, isErrno, onDisk } from '../disk/disk-errors.ts';
import { readFence, takeFence } from '../disk/fence.ts';
import type { DestinationRef, ImageDestination, Watch } from '../port.ts';
import { goneError } from '../refusals.ts';
import { hasAnyDigest, haveDigests } from '../same-bytes.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { openFolder } from './folder.ts';
import { makePartial, openPartial, removePartial } from './object-partial.ts';
import { objectPath } from './object-path.ts';
import { openFile } from './open-file.ts';
import { folderAtPathError, putInPlace } from './put-in-place.ts';
import type { InFolder } from './shared-folders.ts';
import { isNotedWhole, openNotedFile } from './whole-note.ts';

/** The writing half of a share, for large files. Writes a file in a hidden folder, then moves it out. */
export function objectDestination(root: string, inFolder: InFolder): ImageDestination {
  return {
    prepare: (ref, attempt, { size }) =>
      onDisk(async () => {
        await assertNoClash(root, ref.image_id);
        await makePartial(root, ref, attempt, size);
      }),

    // A committed file bears no mark, so nobody can tell which job has made it. A later run replaces it once
    // more.
    adopt: async () => null,

    openSink: (ref, attempt, size) => onDisk(() => openSink(root, ref, attempt, size)),

    commit: (ref, attempt, { size }, watch) =>
      onDisk(async () => {
        // Throws for a path that no file can have.
        objectPath(ref.image_id);
        if (!(await moveOut(root, inFolder, ref, attempt, watch)) && !(await isCommitted(root, ref, size)))
          throw goneError(ref);
        await tidyUp(root, ref, attempt, watch?.signal);
      }),

    discard: (ref, attempt) =>
      onDisk(async () => {
        await assertReachable(root);
        await removePartial(root, ref, attempt);
      }),
  };
}

/** Moves the file to its path, unless that has been done. Returns `false` if there is no whole file. */
async function moveOut(
  root: string,
  inFolder: InFolder,
  ref: DestinationRef,
  attempt: number,
  watch?: Watch,
): Promise<boolean> {
  const partial = await openPartial(root, ref).catch((error) => {
    if (!isStoreError(error, 'not_found')) throw error;
  });
  if (partial === undefined) return false;
  try {
    // An earlier commit may have died while it was removing the partial.
    if ((await readFence(partial.path)).isDoomed) return false;
    if ((await partial.has('committing')) && !(await partial.has('data'))) return true;
    if (!(await isNotedWhole(partial))) return false;
    await takeFence(partial.path, attempt);
    await partial.note('committing');
    await inFolder(objectPath(ref.image_id).folders, async (folder) => {
      const onPlaced = () =>
        folder.sync().catch((cause) => {
          throw new StoreError('unavailable', 'the folder of the object could not be synced', { cause });
        });
      const file = `${partial.path}/data`;
      await putInPlace({ folder, path: ref.image_id, file, confirm: watch?.confirm, onPlaced });
    });
    return true;
  } finally {
    await partial.close();
  }
}

/** Pauses before each try to remove the partial of a committed file; milliseconds. */
const PAUSES = [0, 250, 1000, 4000];

/**
 * Tries for some seconds to remove the partial of a file that is in its place. An error of the disk does not
 * fail the commit, because a sweep will find the partial.
 */
async function tidyUp(
  root: string,
  ref: DestinationRef,
  attempt: number,
  signal?: AbortSignal,
): Promise<void> {
  for (const milliseconds of PAUSES) {
    await pause(milliseconds, signal).catch(() => {});
    const isRemovedOrTaken = await removePartial(root, ref, attempt).then(
      () => true,
      (error) => isStoreError(error, 'conflict'),
    );
    if (isRemovedOrTaken || signal?.aborted) return;
  }
}

async function openSink(root: string, ref: DestinationRef, attempt: number, size: number): Promise<PartSink> {
  // Throws for a path that no file can have.
  objectPath(ref.image_id);
  const partial = await openPartial(root, ref);
  try {
    if (await partial.has('committing')) throw goneError(ref);
    const sink = await openNotedFile(partial, attempt, size).catch((error) => {
      throw isErrno(error, 'ENOENT') ? goneError(ref) : error;
    });
    return {
      ...sink,
      flush: async () => {
        await sink.flush();
        // If a worker of an earlier version commits the file, it looks for this note only.
        await onDisk(() => partial.note('whole'));
      },
    };
  } catch (error) {
    await partial.close();
    throw error;
  }
}

/** Throws `conflict` if a folder is at a file's path. */
async function assertNoClash(root: string, path: string): Promise<void> {
  const { folders, name } = objectPath(path);
  const folder = await ignoring('ENOENT', openFolder(root, folders));
  if (folder === undefined) return;
  try {
    const stats = await lstat(folder.at(name)).catch(() => undefined);
    if (stats?.isDirectory()) throw folderAtPathError(path);
  } finally {
    await folder.close();
  }
}

/**
 * Tells whether the file at the path has the size and the digests of this job's file. Then an earlier
 * commit has moved it there, and the answer was lost. Returns `false` if no digest is known.
 */
async function isCommitted(
  root: string,
  { image_id, digests }: DestinationRef,
  size: number,
): Promise<boolean> {
  const file = await openFile(root, image_id).catch(() => undefined);
  if (file === undefined) return false;
  try {
    if (!hasAnyDigest(digests) || (await file.stat()).size !== size) return false;
    return await haveDigests(file.createReadStream({ autoClose: false, highWaterMark: MIB }), digests);
  } finally {
    await file.close();
  }
}
