import { Semaphore } from 'async-mutex';
import { borrowPages, MIB, returnPages } from '../memory/index.ts';

/** The number of bytes by which an object may have grown since it was listed. */
const ROOM_TO_GROW = MIB / 2;

/** The memory that holds small objects on their way. */
export interface ObjectMemory {
  /** Lends memory for `size` bytes and `ROOM_TO_GROW`. Waits while too much is lent. */
  lend<T>(size: number, use: (memory: Uint8Array) => Promise<T>): Promise<T>;
  /** Gives the memory back. `lend` MUST NOT be called any more. */
  close(): void;
}

/**
 * Opens `bytes` of memory for at most `objects` objects at a time. Most objects are tiny, and memory of their
 * own would keep the garbage collector busy. So each of these gets a piece of 1 MiB that is used again and
 * again. An object that may need more gets memory of its own.
 */
export function openObjectMemory(objects: number, bytes: number): ObjectMemory {
  const pages = borrowPages(objects * MIB);
  const idle = Array.from({ length: objects }, (_, index) => pages.subarray(index * MIB, (index + 1) * MIB));
  const room = new Semaphore(bytes / MIB - objects);
  return {
    lend(size, use) {
      const wanted = size + ROOM_TO_GROW;
      return room.runExclusive(
        async () => {
          const slot = wanted > MIB ? undefined : idle.pop();
          try {
            return await use(slot ?? Buffer.allocUnsafeSlow(wanted));
          } finally {
            if (slot !== undefined) idle.push(slot);
          }
        },
        Math.ceil(wanted / MIB),
      );
    },
    close: () => returnPages(pages),
  };
}
