import { borrowPages, returnPages } from '../stores/index.ts';

const MIB = 1024 * 1024;

/**
 * The memory of a copy, in chunks that threads share. One has one owner at a time: who has taken it frees it,
 * or leaves it to be kept for the digest.
 */
export interface Chunks {
  /** Bytes of a chunk. */
  readonly size: number;
  /**
   * Waits while all are taken, as long as one that was kept is being hashed; else the one kept farthest ahead
   * is given up, and will have to be read back.
   */
  take(): Promise<Uint8Array>;
  free(chunk: Uint8Array): void;
  /** Keeps a chunk, or its beginning, as the bytes of the image from an offset. */
  keep(offset: number, chunk: Uint8Array): void;
  /** Takes what is kept from an offset on, for the digest. */
  takeKept(offset: number): Uint8Array | undefined;
  /** Where the next one begins of those that are kept. */
  nextKept(): number;
  /** Nothing may be used after it. */
  close(): void;
}

/** As many as have an owner at a time, and those that are kept. */
export function createChunks(owned: number, kept: number, size = MIB): Chunks {
  const memory = borrowPages((owned + kept) * size);
  const idle = Array.from({ length: owned + kept }, (_, index) => at(index * size));
  const waiting = new Map<number, Uint8Array>();
  const takers: ((chunk: Uint8Array) => void)[] = [];
  const hashing = new Set<number>();

  function at(start: number): Uint8Array {
    return memory.subarray(start, start + size);
  }

  function giveUpFarthest(): Uint8Array {
    const farthest = Math.max(...waiting.keys());
    const chunk = waiting.get(farthest);
    if (chunk === undefined) throw new Error('more chunks are taken than there are');
    waiting.delete(farthest);
    return at(chunk.byteOffset);
  }

  return {
    size,
    async take() {
      const chunk = idle.pop();
      if (chunk !== undefined) return chunk;
      if (hashing.size === 0) return giveUpFarthest();
      return new Promise((resolve) => {
        takers.push(resolve);
      });
    },
    free({ byteOffset }) {
      hashing.delete(byteOffset);
      idle.push(at(byteOffset));
      while (takers.length > 0 && (idle.length > 0 || hashing.size === 0)) {
        takers.shift()?.(idle.pop() ?? giveUpFarthest());
      }
    },
    keep: (offset, chunk) => {
      waiting.set(offset, chunk);
    },
    takeKept(offset) {
      const chunk = waiting.get(offset);
      if (chunk !== undefined) hashing.add(chunk.byteOffset);
      waiting.delete(offset);
      return chunk;
    },
    nextKept: () => Math.min(...waiting.keys()),
    close: () => returnPages(memory),
  };
}
