import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from '../../image/index.ts';
import { StoreError } from '../store-error.ts';
import { fromErrno } from './disk-errors.ts';
import type { Journal } from './journal.ts';

/** Syncs a file to the disk while it is written, and notes in a journal which ranges were synced. */
export interface WriteBehind {
  /** Starts to sync a range that was written. Throws if an earlier range could not be synced. */
  add(range: ByteRange): void;
  /** Waits until no sync is under way. Returns `false` if one has failed. */
  settle(): Promise<boolean>;
  /** Waits until the whole file would survive a loss of power. Throws `lost`, `quota_exceeded`. */
  finish(): Promise<void>;
}

/**
 * Returns a `WriteBehind` for a file. Left to itself, the kernel begins to write only when unwritten bytes
 * take a tenth of the memory. So without the syncs, each copy would wait for the disk at its end.
 */
export function writeBehind(file: FileHandle, journal: Journal): WriteBehind {
  let waiting: ByteRange[] = [];
  let running: Promise<void> | undefined;
  // fsync(2) reports only once that a page could not be written. So the first failure is kept.
  let failure: StoreError | undefined;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const ranges = waiting;
      waiting = [];
      await file.datasync();
      await journal.addDurable(ranges);
    }
  }

  function assertNoFailure(): void {
    if (failure !== undefined) throw failure;
  }

  const noteFailure = (error: unknown) => {
    failure ??= syncFailure(error);
  };

  return {
    add(range) {
      assertNoFailure();
      waiting.push(range);
      running ??= drain()
        .catch(noteFailure)
        .finally(() => {
          running = undefined;
        });
    },
    async settle() {
      await running;
      return failure === undefined;
    },
    async finish() {
      await running;
      if (failure === undefined) await file.sync().catch(noteFailure);
      assertNoFailure();
    },
  };
}

function syncFailure(error: unknown): StoreError {
  const fault = fromErrno(error);
  if (!fault.retryable) return fault;
  return new StoreError('lost', `${fault.message}, and lost what was written; starting over`, {
    cause: error,
  });
}
