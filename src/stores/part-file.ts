import { constants } from 'node:fs';
import { access, readdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDataFile } from './data-file.ts';
import { assertReachable, ignoring, isErrno, onDisk } from './disk-errors.ts';
import { openJournal } from './journal.ts';
import type { PartSink } from './port.ts';
import { StoreError } from './store-error.ts';
import { writeBehind } from './write-behind.ts';

const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;

/**
 * A file of `size` bytes that is written in parts: `data` in a folder that has it already, with a journal of
 * what is there. Writes as one attempt: whatever changes something first looks for the attempt's fence, so
 * that an attempt that was given up for dead stops as soon as a later one has begun, or the partial has gone.
 * `pastCache` is for what nobody is about to read.
 */
export async function openPartFile(
  partial: string,
  attempt: number,
  size: number,
  pastCache: boolean,
): Promise<PartSink> {
  const fence = join(partial, `fence-${attempt}`);
  await raiseFence(partial, attempt, fence);
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
      await journal.clear();
      await data.clear();
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

async function raiseFence(partial: string, attempt: number, fence: string): Promise<void> {
  await writeFile(fence, '', { flag: O_WRONLY | O_CREAT | O_NOFOLLOW });
  for (const name of await readdir(partial)) {
    const other = Number(/^fence-(\d+)$/.exec(name)?.[1]);
    if (other < attempt) await ignoring('ENOENT', unlink(join(partial, name)));
    if (other > attempt) {
      await ignoring('ENOENT', unlink(fence));
      throw new StoreError('conflict', 'a later attempt has taken over');
    }
  }
}

/** A fence that is gone means another attempt, unless the whole partial is gone, or where it was. */
async function throwSuperseded(partial: string, error: unknown): Promise<never> {
  if (!isErrno(error, 'ENOENT')) throw error;
  await assertReachable(dirname(partial));
  await access(partial);
  throw new StoreError('conflict', 'a later attempt has taken over', { cause: error });
}
