import { Semaphore } from 'async-mutex';
import { borrowPages, MIB, returnPages } from '../memory/index.ts';

/** An object may have grown by so much since it was listed. */
const ROOM_TO_GROW = MIB / 2;

/** Where small objects are while they are on their way. */
export interface ObjectMemory {
  /** Lends memory for an object of `size` bytes, and some more. Waits while too much is lent. */
  lend<T>(size: number, use: (memory: Uint8Array) => Promise<T>): Promise<T>;
  /** Gives the memory back. Nothing MAY be lent after it. */
  close(): void;
}

/**
 * Opens `bytes` of memory for at most so many objects at a time. Most objects are tiny, and share memory that
 * serves again, because the garbage collector could not keep up with it.
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
