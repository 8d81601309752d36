import { atSide, type PartSink } from '../stores/index.ts';
import { type Chunks, createChunks, DIGEST_CHUNKS } from './chunks.ts';
import type { Ledger } from './ledger.ts';

/**
 * The place where an image's bytes are until the transfer no longer needs them. Lanes write to it. The digest
 * and the upload read from it.
 */
export interface Staging {
  /** Tells whether there is room for every byte below this offset. */
  fits(upTo: number): boolean;
  /** Resolves when there is room for every byte below this offset. Rejects when the transfer is stopped. */
  waitForRoom(upTo: number): Promise<void>;
  /**
   * Stores bytes of the image at an offset. There MUST be room for them. A write never waits for room: it
   * would hold its lane, and the part that can make room might be waiting for that lane.
   */
  write(offset: number, chunk: Uint8Array): Promise<void>;
  /** Records that every byte of a part has been written. MAY be called again after it has failed. */
  complete(range: readonly [number, number]): Promise<void>;
  /**
   * Returns some bytes that begin at an offset and do not go beyond `end`. They do not change until they are
   * freed.
   */
  read(at: number, end: number): Uint8Array | Promise<Uint8Array>;
  /** Gives back the bytes that `read` has returned. */
  free(bytes: Uint8Array): void;
  /** Records that nobody will read the bytes below this offset any more. Later bytes may use their room. */
  release(upTo: number): void;
  /** Gives the memory back. The staging MUST NOT be used any more. */
  close(): void;
}

/** The methods of a staging for those who read from it. */
export type Staged = Pick<Staging, 'read' | 'free'>;

/**
 * Wraps a staging for a reader that frees bytes in their order. Each time, `onFreed` is told the offset below
 * which all bytes are free.
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

/**
 * Wraps a staging for the digest of an image of `size` bytes. Once all bytes have arrived, hashing counts as
 * progress: a large image may be read back for hours.
 */
export function hashedFor(ledger: Ledger, size: number, staged: Staged): Staged {
  return freedInOrder(staged, (upTo) => {
    if (ledger.watermark >= size) ledger.noteHashed(upTo);
  });
}

/** Returns a view that reads from the chunks kept in memory. Bytes that no chunk has are read back. */
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

/** The methods of a staging that does not limit how far ahead the lanes may be. */
const UNLIMITED = { fits: () => true, waitForRoom: async () => {}, release() {} };

/**
 * Uses the destination itself as the staging, because it takes bytes in any order. The latest bytes stay in
 * `chunks` for the digest.
 */
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

/** Uses a spool, which has room for every byte, as the staging. */
export function stagedInSpool(spool: PartSink): Staging {
  // One chunk more than the digest uses is for the upload.
  const chunks = createChunks(DIGEST_CHUNKS + 1, 0);
  const { write, complete } = spool;
  return { ...UNLIMITED, ...readingBack(spool, chunks), write, complete, close: chunks.close };
}
