import { access, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDataFile } from './data-file.ts';
import { assertReachable, isErrno, onDisk } from './disk-errors.ts';
import { doomFolder, fenceName, overtaken, readFence, takeFence } from './fence.ts';
import { openJournal } from './journal.ts';
import type { PartSink } from './port.ts';
import { StoreError } from './store-error.ts';
import { writeBehind } from './write-behind.ts';

/**
 * Opens a file of `size` bytes that is written in parts: `data` in a folder that has it already, with a
 * journal of what is there. Takes the folder's fence for the attempt; each change looks for it first, so that
 * an attempt that was given up for dead stops as soon as a later one has begun, or the folder has gone. A
 * change that was on its way at that moment may still come, also much later. That is harmless: a write puts
 * the bytes of the same source at their own place once more, the journal is checked by the digest, and
 * nothing is ever cut short. `pastCache` is for what nobody is about to read.
 */
export async function openPartFile(
  partial: string,
  attempt: number,
  size: number,
  pastCache: boolean,
): Promise<PartSink> {
  await takeFence(partial, attempt);
  const fence = join(partial, fenceName(attempt));
  const journal = await openJournal(join(partial, 'parts'));
  const data = await openDataFile(join(partial, 'data'), size, pastCache).catch(async (error) => {
    await journal.close();
    throw error;
  });
  const file = data.handle;
  const disk = writeBehind(file, journal);
  const fenced = (operation: () => Promise<void>) =>
    onDisk(async () => {
      await access(fence).catch((error) => throwSuperseded(partial, error));
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
      // Who comes next could not tell that something is missing.
      if (!(await disk.settle())) await reset().catch(() => {});
      await Promise.all([data.close(), journal.close()]);
    },
  };
}

/** Removes the folder of such a file, unless a later attempt has taken it. */
export async function removePartFile(partial: string, attempt: number): Promise<void> {
  try {
    await doomFolder(partial, attempt);
    await rm(partial, { recursive: true, force: true });
  } catch (error) {
    const isLeft = isErrno(error, 'ENOENT') || (error instanceof StoreError && error.code === 'conflict');
    if (!isLeft) throw error;
  }
}

/**
 * Throws why a fence is gone: another attempt has taken it, or the folder is doomed or gone, or where it was.
 * A folder that was removed, but is open, has no files.
 */
async function throwSuperseded(partial: string, error: unknown): Promise<never> {
  if (!isErrno(error, 'ENOENT')) throw error;
  await assertReachable(dirname(partial));
  const { isDoomed, attempt } = await readFence(partial);
  throw isDoomed || attempt === -1
    ? new StoreError('not_found', 'it is being removed', { cause: error })
    : overtaken(error);
}
