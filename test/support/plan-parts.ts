import { type ByteRange, gaps } from '../../src/image/index.ts';

/** Yields the parts of an image that `done` leaves out, in order, cut at multiples of `size` bytes. */
export function* planParts(
  imageSize: number,
  done: readonly ByteRange[],
  size: number,
): Generator<ByteRange, void> {
  for (const [start, end] of gaps(done, imageSize)) {
    for (let at = start; at < end; ) {
      const next = Math.min(end, (Math.floor(at / size) + 1) * size);
      yield [at, next];
      at = next;
    }
  }
}
