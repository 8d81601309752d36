import { borrowPages, MIB, returnPages } from '../memory/index.ts';

/**
 * The number of chunks that the digest uses at a time: one is being read, one is being hashed, and one is
 * waiting between them.
 */
export const DIGEST_CHUNKS = 3;

/**
 * The memory of a copy, in chunks that threads share. A chunk has one owner at a time, who MUST free it, or
 * hand it over with `keep`.
 */
export interface Chunks {
  /** Bytes in a chunk. */
  readonly size: number;
  /**
   * Returns a free chunk. If there is none, waits for one that is being hashed. If none is being hashed
   * either, evicts the kept chunk with the highest offset: its bytes will have to be read back.
   */
  take(): Promise<Uint8Array>;
  free(chunk: Uint8Array): void;
  /** Keeps a chunk, or the beginning of one, for the digest. The bytes belong at `offset` of the image. */
  keep(offset: number, chunk: Uint8Array): void;
  /** Returns the chunk that is kept for an offset, if there is one. The caller (the digest) MUST free it. */
  takeKept(offset: number): Uint8Array | undefined;
  /** Returns the lowest offset for which a chunk is kept; infinity if none is kept. */
  nextKept(): number;
  /** Gives the memory back. The chunks MUST NOT be used any more. */
  close(): void;
}

/** Opens memory for `owned` chunks that have an owner, and for `kept` chunks that wait for the digest. */
export function createChunks(owned: number, kept: number, size = MIB): Chunks {
  const memory = borrowPages((owned + kept) * size);
  const idle = Array.from({ length: owned + kept }, (_, index) => chunkAt(index * size));
  /** The chunks that are kept for the digest, by their offsets in the image. */
  const keptAt = new Map<number, Uint8Array>();
  const takers: ((chunk: Uint8Array) => void)[] = [];
  /** The chunks that are being hashed, by their offsets in memory. */
  const hashing = new Set<number>();

  function chunkAt(start: number): Uint8Array {
    return memory.subarray(start, start + size);
  }

  /** Returns the whole chunk whose beginning this is. */
  function whole({ byteOffset }: Uint8Array): Uint8Array {
    return chunkAt(byteOffset - memory.byteOffset);
  }

  function evictFarthest(): Uint8Array {
    const farthest = Math.max(...keptAt.keys());
    const chunk = keptAt.get(farthest);
    if (chunk === undefined) throw new Error('more chunks are taken than there are');
    keptAt.delete(farthest);
    return whole(chunk);
  }

  return {
    size,
    async take() {
      const chunk = idle.pop();
      if (chunk !== undefined) return chunk;
      if (hashing.size === 0) return evictFarthest();
      return new Promise((resolve) => {
        takers.push(resolve);
      });
    },
    free(chunk) {
      hashing.delete(chunk.byteOffset);
      idle.push(whole(chunk));
      while (takers.length > 0 && (idle.length > 0 || hashing.size === 0)) {
        takers.shift()?.(idle.pop() ?? evictFarthest());
      }
    },
    keep: (offset, chunk) => {
      keptAt.set(offset, chunk);
    },
    takeKept(offset) {
      const chunk = keptAt.get(offset);
      if (chunk !== undefined) hashing.add(chunk.byteOffset);
      keptAt.delete(offset);
      return chunk;
    },
    nextKept: () => Math.min(...keptAt.keys()),
    close: () => returnPages(memory),
  };
}
