import { type ByteRange, gaps } from './byte-ranges.ts';

const MIB = 1024 * 1024;
const SMALLEST_PART = 8 * MIB;
const MOST_PARTS = 4096;

/** Bytes of one part: at least 8 MiB, and so large that an image has at most 4,096 parts. */
export function partSize(imageSize: number): number {
  return Math.max(SMALLEST_PART, Math.ceil(imageSize / MOST_PARTS / MIB) * MIB);
}

/** The parts still to be moved, in order: what `done` leaves open, cut at multiples of the part size. */
export function planParts(
  imageSize: number,
  done: readonly ByteRange[],
  size = partSize(imageSize),
): readonly ByteRange[] {
  const parts: ByteRange[] = [];
  for (const [start, end] of gaps(done, imageSize)) {
    for (let at = start; at < end; ) {
      const next = Math.min(end, (Math.floor(at / size) + 1) * size);
      parts.push([at, next]);
      at = next;
    }
  }
  return parts;
}
