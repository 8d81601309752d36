import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MIB } from '../../memory/index.ts';
import type { PartSink } from '../data-port.ts';
import { assertReachable, ignoring, isErrno, onDisk } from '../disk/disk-errors.ts';
import { readFence, takeFence } from '../disk/fence.ts';
import { openPartFile } from '../disk/part-file.ts';
import type { DestinationRef, ImageDestination, Watch } from '../port.ts';
import { goneError } from '../refusals.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { openFolder } from './folder.ts';
import { makePartial, openPartial, removePartial } from './object-partial.ts';
import { objectPath } from './object-path.ts';
import { openFile } from './open-file.ts';
import { folderAtPathError, putInPlace } from './put-in-place.ts';
import type { InFolder } from './shared-folders.ts';
import { forgetWhole, isNotedWhole, noteWhole } from './whole-note.ts';

/**
 * The writing half of a share, for large files. They are written in a hidden folder, which no list shows, and
 * then moved into place.
 */
export function objectDestination(root: string, inFolder: InFolder): ImageDestination {
  return {
    prepare: (ref, attempt, { size }) =>
      onDisk(async () => {
        await assertNoClash(root, ref.image_id);
        await makePartial(root, ref, attempt, size);
      }),

    // A file has no mark, so nobody can tell whether an earlier run has committed it: it is replaced once
    // more.
    adopt: async () => null,

    openSink: (ref, attempt, size) => onDisk(() => openSink(root, ref, attempt, size)),

    commit: (ref, attempt, { size }, watch) =>
      onDisk(async () => {
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

/**
 * Moves the file to its path, unless an earlier call has. Returns `false` if there is no whole file to move.
 */
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
    // A commit that died while it removed the partial has left it doomed.
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

/** Pauses between tries to remove the partial of a committed file; milliseconds. */
const PAUSES = [250, 1000, 4000];

/**
 * Removes the partial of a file that is in its place. Since the object is there, an error of the disk does
 * not fail the commit: what cannot be removed within some seconds is left to a sweep.
 */
async function tidyUp(
  root: string,
  ref: DestinationRef,
  attempt: number,
  signal?: AbortSignal,
): Promise<void> {
  for (const pause of [...PAUSES, null]) {
    try {
      return await removePartial(root, ref, attempt);
    } catch (error) {
      const isOvertaken = isStoreError(error, 'conflict');
      if (isOvertaken || pause === null || signal?.aborted) return;
    }
    await sleep(pause, undefined, { ...(signal && { signal }) }).catch(() => {});
  }
}

async function openSink(root: string, ref: DestinationRef, attempt: number, size: number): Promise<PartSink> {
  objectPath(ref.image_id);
  const partial = await openPartial(root, ref);
  try {
    if (await partial.has('committing')) throw goneError(ref);
    const sink = await openPartFile({ folder: partial.path, attempt, size, cache: 'bypass' }).catch(
      (error) => {
        throw isErrno(error, 'ENOENT') ? goneError(ref) : error;
      },
    );
    return {
      ...sink,
      reset: () =>
        onDisk(async () => {
          await sink.reset();
          await forgetWhole(partial, attempt);
        }),
      flush: () =>
        onDisk(async () => {
          await sink.flush();
          await noteWhole(partial, attempt);
          // A worker of an earlier version may have to commit the file, and looks for this note only.
          await partial.note('whole');
        }),
      close: () => sink.close().finally(() => partial.close()),
    };
  } catch (error) {
    await partial.close();
    throw error;
  }
}

/** Throws `conflict` if a folder is at a file's path, so that a copy fails before any byte is moved. */
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
 * Tells by the digest whether the file at a path is the job's. The answer to an earlier commit may have been
 * lost.
 */
async function isCommitted(
  root: string,
  { image_id, digests }: DestinationRef,
  size: number,
): Promise<boolean> {
  const file = await openFile(root, image_id).catch(() => undefined);
  if (file === undefined) return false;
  try {
    if (digests.sha512 === null || (await file.stat()).size !== size) return false;
    const sha512 = createHash('sha512');
    for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: MIB })) {
      sha512.update(chunk);
    }
    return sha512.digest('hex') === digests.sha512;
  } finally {
    await file.close();
  }
}
