import type { ByteRange } from '../image/index.ts';
import { borrowPages, copyInto, MIB, returnPages } from '../memory/index.ts';
import type { Staging } from './staging.ts';

/** A piece of the image in a ring of memory. The piece moves from the first byte of the image to the last. */
export interface Window extends Staging {
  /** Returns at most 1 MiB, without a copy; less at the end of the ring. */
  read(at: number, end: number): Uint8Array;
  /** Returns a range without a copy. The range MUST NOT cross a multiple of the window's size. */
  slice(range: ByteRange): Uint8Array;
}

/**
 * Opens a window of `bytes`. There is room for bytes beyond its end when `release` has moved the window
 * there. `waitForRoom` rejects with the signal's reason. `free` does nothing.
 */
export function createWindow(bytes: number, signal: AbortSignal): Window {
  const ring = borrowPages(bytes);
  const waiting = new Set<() => void>();
  let base = 0;
  const wake = () => {
    for (const resolve of waiting) resolve();
  };
  signal.addEventListener('abort', wake, { once: true });

  const fits = (upTo: number) => upTo <= base + bytes;

  async function waitForRoom(upTo: number): Promise<void> {
    while (!fits(upTo)) {
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
    waitForRoom,
    slice,
    async write(offset, chunk) {
      if (!fits(offset + chunk.length)) throw new Error('the window has no room for these bytes');
      for (let done = 0; done < chunk.length; ) {
        const at = offset + done;
        const length = Math.min(chunk.length - done, bytes - (at % bytes));
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
