import { atSide, type PartSink } from '../stores/index.ts';
import type { Chunks } from './chunks.ts';

/** Where the bytes of an image are found that have arrived. */
export interface Arrived {
  /** Some bytes from an offset, none of them from `end` on. They stay as they are until they are freed. */
  read(at: number, end: number): Uint8Array | Promise<Uint8Array>;
  free(bytes: Uint8Array): void;
}

/** The same bytes, freed in their order; `onFreed` is told below which offset all are. */
export function freedInOrder(arrived: Arrived, onFreed: (upTo: number) => void): Arrived {
  let upTo = 0;
  return {
    read: arrived.read,
    free(bytes) {
      arrived.free(bytes);
      upTo += bytes.length;
      onFreed(upTo);
    },
  };
}

/** The bytes as they are kept in memory, and else as the sink has them. */
export function readingBack(sink: Pick<PartSink, 'readBack'>, chunks: Chunks): Arrived {
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
