import { access, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PartSink } from '../data-port.ts';
import { beingRemovedError, overtakenError } from '../refusals.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { openDataFile } from './data-file.ts';
import { assertReachable, isErrno, onDisk } from './disk-errors.ts';
import { doomFolder, fenceName, readFence, takeFence } from './fence.ts';
import { openJournal } from './journal.ts';
import { writeBehind } from './write-behind.ts';

/** Says which file `openPartFile` opens, and how. */
export interface PartFileOptions {
  /** Path of the folder, which already has the file as `data`. */
  readonly folder: string;
  /** Number of the attempt that writes. */
  readonly attempt: number;
  /** Bytes that the file will have. */
  readonly size: number;
  /** `bypass` is for a file that nobody is about to read: it leaves the page cache to others. */
  readonly cache: 'keep' | 'bypass';
}

/**
 * Opens a file that is written in parts, with a journal of what is there. Takes the folder's fence for the
 * attempt. Each change checks first that the fence is still there, so that an attempt that was taken for dead
 * stops once a later one has begun, or once the folder is gone.
 *
 * A change that was under way at that moment may still happen, even much later. It does no harm: a write can
 * only put the source's bytes at their own offset once more, the digest finds out if the journal is wrong,
 * and the file is never cut short.
 *
 * Throws `conflict` if a higher attempt has the folder, `not_found` if it is being removed, and ENOENT if
 * there is none.
 */
export async function openPartFile({ folder, attempt, size, cache }: PartFileOptions): Promise<PartSink> {
  await takeFence(folder, attempt);
  const fence = join(folder, fenceName(attempt));
  const journal = await openJournal(join(folder, 'parts'));
  const data = await openDataFile(join(folder, 'data'), { size, cache }).catch(async (error) => {
    await journal.close();
    throw error;
  });
  const file = data.handle;
  const disk = writeBehind(file, journal);
  const fenced = (operation: () => Promise<void>) =>
    onDisk(async () => {
      await access(fence).catch((error) => throwSuperseded(folder, error));
      await operation();
    });
  const reset = () =>
    fenced(async () => {
      data.startOver();
      await journal.clear();
    });
  return {
    kind: 'parts',
    received: journal.complete,
    durable: journal.durable,
    write: (offset, chunk) => fenced(() => data.write(offset, chunk)),
    complete: (range) =>
      fenced(async () => {
        await journal.add(range);
        disk.add(range);
      }),
    readBack: (offset, into) =>
      onDisk(async () => {
        const { bytesRead } = await file.read(into, 0, into.length, offset);
        if (bytesRead < into.length) {
          throw new StoreError('truncated', `the data written ends at byte ${offset + bytesRead}`);
        }
      }),
    reset,
    flush: () => onDisk(() => disk.finish()),
    close: async () => {
      // If a sync has failed, nobody knows which bytes are on the disk. So the next attempt has to start
      // over.
      if (!(await disk.settle())) await reset().catch(() => {});
      await Promise.all([data.close(), journal.close()]);
    },
  };
}

/** Removes the folder of a file that is written in parts, unless a higher attempt has taken it. */
export async function removePartFile(folder: string, attempt: number): Promise<void> {
  try {
    await doomFolder(folder, attempt);
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    const isGoneOrTaken = isErrno(error, 'ENOENT') || isStoreError(error, 'conflict');
    if (!isGoneOrTaken) throw error;
  }
}

/**
 * Throws the reason why a fence is gone: another attempt has taken it, or the folder is doomed or gone, or
 * the folder above cannot be reached. If `folder` is the path of a descriptor, and the folder was removed, it
 * reads as empty: the attempt of its fence is then -1.
 */
async function throwSuperseded(folder: string, error: unknown): Promise<never> {
  if (!isErrno(error, 'ENOENT')) throw error;
  await assertReachable(dirname(folder));
  const { isDoomed, attempt } = await readFence(folder);
  throw isDoomed || attempt === -1 ? beingRemovedError(error) : overtakenError(error);
}
