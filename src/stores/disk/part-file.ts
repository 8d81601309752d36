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
  /** `bypass` leaves the page cache to others. It is for a file that nobody is about to read. */
  readonly cache: 'keep' | 'bypass';
}

/**
 * Opens a file that is written in parts, and its journal. Takes the folder's fence for the attempt. Throws
 * `conflict` if a higher attempt has the folder, `not_found` if the folder is being removed, and ENOENT if
 * there is no folder.
 *
 * Each change first checks that the fence is still there. So an attempt that was taken for dead stops when a
 * later attempt has taken the fence, or the folder is gone.
 *
 * A change that was already past its check may still happen, even much later. It does no harm:
 * - a write puts the source's bytes at their own offset once more;
 * - if a change makes the journal wrong, the digest shows that;
 * - no change makes the file shorter.
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
      await access(fence).catch(async (error) => {
        throw isErrno(error, 'ENOENT') ? await lostFenceError(folder, error) : error;
      });
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
      // After a failed sync, nobody knows which bytes are on the disk. The next attempt has to start over.
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

/** Returns the reason why an attempt's fence is gone. Throws if the store cannot be reached. */
async function lostFenceError(folder: string, cause: unknown): Promise<StoreError> {
  await assertReachable(dirname(folder));
  const { isDoomed, names } = await readFence(folder);
  // A folder that was removed while it is open reads as empty.
  const isRemoved = names.length === 0;
  return isDoomed || isRemoved ? beingRemovedError(cause) : overtakenError(cause);
}
