import { atSide, type PartSink } from '../stores/index.ts';
import { type Chunks, createChunks, DIGEST_CHUNKS } from './chunks.ts';

/**
 * Where the bytes of an image are from the moment they are read until nobody here needs them any more. Lanes
 * write; the digest reads behind them, and so does whoever sends the bytes on.
 */
export interface Staging {
  /** Returns whether a write at this offset would not have to wait. */
  fits(offset: number): boolean;
  /** Resolves when a write at this offset fits. Rejects when the transfer is stopped. */
  hasRoom(offset: number): Promise<void>;
  /** Takes bytes of the image from an offset on; waits for room. */
  write(offset: number, chunk: Uint8Array): Promise<void>;
  /** Is told that every byte of a part has been written. */
  complete(range: readonly [number, number]): Promise<void>;
  /** Returns some bytes from an offset on, none of them from `end` on. They stay as they are until freed. */
  read(at: number, end: number): Uint8Array | Promise<Uint8Array>;
  /** Gives back what `read` has returned. */
  free(bytes: Uint8Array): void;
  /** Is told that nobody will read below this offset any more: its room is for what comes. */
  release(upTo: number): void;
  /** Gives the memory back. Nothing MAY be called after it. */
  close(): void;
}

/** The half of a staging that those use who read it. */
export type Staged = Pick<Staging, 'read' | 'free'>;

/**
 * Returns the same bytes for a reader that frees them in their order, and tells `onFreed` below which offset
 * all are freed.
 */
export function freedInOrder(staged: Staged, onFreed: (upTo: number) => void): Staged {
  let upTo = 0;
  return {
    read: staged.read,
    free(bytes) {
      staged.free(bytes);
      upTo += bytes.length;
      onFreed(upTo);
    },
  };
}

/** Returns the bytes as the sink has them, or from memory as long as they are kept there. */
export function readingBack(sink: Pick<PartSink, 'readBack'>, chunks: Chunks): Staged {
  return {
    async read(at, end) {
      const kept = chunks.takeKept(at);
      if (kept !== undefined) return kept;
      const length = Math.min(chunks.size, end - at, chunks.nextKept() - at);
      const bytes = (await chunks.take()).subarray(0, length);
      await atSide('destination', () => sink.readBack(at, bytes));
      return bytes;
    },
    free: chunks.free,
  };
}

/** Nothing limits how far the lanes may be ahead. */
const UNLIMITED = { fits: () => true, hasRoom: async () => {}, release() {} };

/** The destination itself, which takes any byte at any time. What was written lately is kept in `chunks`. */
export function stagedInSink(sink: PartSink, chunks: Chunks): Staging {
  return {
    ...UNLIMITED,
    ...readingBack(sink, chunks),
    async write(offset, chunk) {
      try {
        await sink.write(offset, chunk);
      } catch (error) {
        chunks.free(chunk);
        throw error;
      }
      chunks.keep(offset, chunk);
    },
    complete: sink.complete,
    close: chunks.close,
  };
}

/** A spool, which keeps every byte. The digest reads it, and so does the upload. */
export function stagedInSpool(spool: PartSink): Staging {
  const chunks = createChunks(DIGEST_CHUNKS + 1, 0);
  const { write, complete } = spool;
  return { ...UNLIMITED, ...readingBack(spool, chunks), write, complete, close: chunks.close };
}
