import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from '../../image/index.ts';
import { StoreError } from '../store-error.ts';
import { fromErrno } from './disk-errors.ts';
import type { Journal } from './journal.ts';

/**
 * Keeps the disk at work while more bytes of a file come, and notes in a journal the ranges that it has
 * taken.
 */
export interface WriteBehind {
  /** Has the disk take a range that was written. Throws if the disk has refused an earlier one. */
  add(range: ByteRange): void;
  /** Waits until nothing is under way. Returns whether the disk has taken all. */
  settle(): Promise<boolean>;
  /** Waits until the disk has all of the file. Throws `lost`, `quota_exceeded`. */
  finish(): Promise<void>;
}

/**
 * Returns a `WriteBehind` for a file. Left alone, the kernel would begin to write when a tenth of the memory
 * is full, and a copy would wait for the disk at its end. fsync(2) reports only once that a page could not be
 * written, and then takes the page for clean: so the failure is kept, and the file is worth nothing any more.
 */
export function writeBehind(file: FileHandle, journal: Journal): WriteBehind {
  let waiting: ByteRange[] = [];
  let running: Promise<void> | undefined;
  let failure: StoreError | undefined;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const ranges = waiting;
      waiting = [];
      await file.datasync();
      await journal.addDurable(ranges);
    }
  }

  function assertTaken(): void {
    if (failure !== undefined) throw failure;
  }

  const noteFailure = (error: unknown) => {
    failure ??= refused(error);
  };

  return {
    add(range) {
      assertTaken();
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
      assertTaken();
    },
  };
}

function refused(error: unknown): StoreError {
  const fault = fromErrno(error);
  if (!fault.retryable) return fault;
  return new StoreError('lost', `${fault.message}, and lost what was written; starting over`, {
    cause: error,
  });
}
