import { Semaphore } from 'async-mutex';
import { LARGE_OBJECT } from '../src/object-task/index.ts';
import { borrowPages, returnPages } from '../src/stores/index.ts';

const MIB = 1024 * 1024;
/** MiB of objects that are on their way at once. */
const MOST = (2 * LARGE_OBJECT) / MIB;
/** An object may have grown since it was listed. */
const ROOM_TO_GROW = MIB / 2;

/** Where small objects are while they are on their way. */
export interface ObjectMemory {
  /** Lends memory for an object of `size` bytes, and some more; waits while too much is lent. */
  lend<T>(size: number, use: (memory: Uint8Array) => Promise<T>): Promise<T>;
  /** Nothing may be lent any more. */
  close(): void;
}

/**
 * For so many objects at a time. Most are tiny, and share memory that serves again: of what they would leave
 * to the garbage collector it would never be done.
 */
export function openObjectMemory(objects: number): ObjectMemory {
  const pages = borrowPages(objects * MIB);
  const idle = Array.from({ length: objects }, (_, index) => pages.subarray(index * MIB, (index + 1) * MIB));
  const room = new Semaphore(MOST);
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
