import { type ByteRange, gaps } from './byte-ranges.ts';

/** Bytes that are worth a request of their own. */
export const PART_SIZE = 8 * 1024 * 1024;

/** The parts still to be moved, in order: what `done` leaves open, cut at multiples of `size` bytes. */
export function* planParts(
  imageSize: number,
  done: readonly ByteRange[],
  size = PART_SIZE,
): Generator<ByteRange, void> {
  for (const [start, end] of gaps(done, imageSize)) {
    for (let at = start; at < end; ) {
      const next = Math.min(end, (Math.floor(at / size) + 1) * size);
      yield [at, next];
      at = next;
    }
  }
}
