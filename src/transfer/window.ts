import type { ByteRange } from '../image/index.ts';
import { borrowPages, copyInto, MIB, returnPages } from '../memory/index.ts';
import type { Staging } from './staging.ts';

/** A piece of the image, in memory, that moves on from the first byte to the last. */
export interface Window extends Staging {
  /** Returns at most 1 MiB, without a copy. */
  read(at: number, end: number): Uint8Array;
  /** Returns what was written of a range, without a copy. The range MUST NOT wrap around. */
  slice(range: ByteRange): Uint8Array;
}

/**
 * Opens a window of at most `bytes`. A write ahead of it waits until the window has come there, or the signal
 * is aborted; `free` does nothing, for what is read is free when all below is released.
 */
export function createWindow(bytes: number, signal: AbortSignal): Window {
  const ring = borrowPages(bytes);
  const waiting = new Set<() => void>();
  let base = 0;
  const wake = () => {
    for (const resolve of waiting) resolve();
  };
  signal.addEventListener('abort', wake, { once: true });

  const fits = (offset: number) => offset < base + bytes;

  async function hasRoom(offset: number): Promise<void> {
    while (!fits(offset)) {
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
    fits,
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
