import type { ByteRange } from '../image/index.ts';
import { borrowPages, copyInto, type PartSink, returnPages } from '../stores/index.ts';
import type { Arrived } from './arrived.ts';

const MIB = 1024 * 1024;

/** What stands between the lanes and an upload, where there is no spool: a piece of the image, in memory. */
export interface Window extends Pick<PartSink, 'write' | 'complete'>, Arrived {
  /** Resolves when a write at this offset would not have to wait, or the signal is aborted. */
  hasRoom(offset: number): Promise<void>;
  /** What was written of a range, without a copy: it has to be one that does not wrap around. */
  slice(range: ByteRange): Uint8Array;
  /** At most 1 MiB, without a copy. */
  readonly read: Arrived['read'];
  /** Does nothing: what was read is free when all below is released. */
  readonly free: Arrived['free'];
  /** Nothing below will be read any more: its room is for what comes. */
  release(upTo: number): void;
  /** Nothing may be used after it. */
  close(): void;
}

/** Of at most `bytes`. A write ahead of it waits until it has come there, or the signal is aborted. */
export function createWindow(bytes: number, signal: AbortSignal): Window {
  const ring = borrowPages(bytes);
  const waiting = new Set<() => void>();
  let base = 0;
  const wake = () => {
    for (const resolve of waiting) resolve();
  };
  signal.addEventListener('abort', wake, { once: true });

  async function hasRoom(offset: number): Promise<void> {
    while (offset >= base + bytes) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
    }
  }

  function slice([start, end]: ByteRange): Uint8Array {
    return ring.subarray(start % bytes, (start % bytes) + end - start);
  }

  return {
    hasRoom,
    slice,
    async write(offset, chunk) {
      for (let done = 0; done < chunk.length; ) {
        const at = offset + done;
        await hasRoom(at);
        const length = Math.min(chunk.length - done, base + bytes - at, bytes - (at % bytes));
        copyInto(ring, at % bytes, chunk.subarray(done, done + length));
        done += length;
      }
    },
    async complete() {},
    read: (at, end) => slice([at, Math.min(end, at + MIB, at - (at % bytes) + bytes)]),
    free() {},
    release(upTo) {
      base = Math.max(base, upTo);
      wake();
    },
    close: () => returnPages(ring),
  };
}
