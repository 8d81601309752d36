import { addRange, type ByteRange } from '../../image/index.ts';
import { MIB } from '../../memory/index.ts';
import type { UploadedPart } from './upload.ts';

const MIN_PART_SIZE = 8 * MIB;
/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;

/** Returns the bytes of a block: 8 MiB, or more if an upload would otherwise have over 10,000 parts. */
export function blockSizeOf(size: number): number {
  return Math.max(MIN_PART_SIZE, Math.ceil(size / MAX_PARTS / MIB) * MIB);
}

/** Returns the range of a part's bytes. */
function rangeOf(partNumber: number, size: number): ByteRange {
  const blockSize = blockSizeOf(size);
  return [(partNumber - 1) * blockSize, Math.min(size, partNumber * blockSize)];
}

/** Returns the parts that are whole blocks of an image of this size. */
export function withoutTornParts(parts: readonly UploadedPart[], size: number): readonly UploadedPart[] {
  return parts.filter(({ PartNumber, Size }) => {
    const [start, end] = rangeOf(PartNumber, size);
    return Size === end - start;
  });
}

/** Returns the sorted, disjoint ranges that some parts cover. */
export function rangesOf(parts: readonly UploadedPart[], size: number): readonly ByteRange[] {
  return parts.reduce<readonly ByteRange[]>(
    (ranges, { PartNumber }) => addRange(ranges, rangeOf(PartNumber, size)),
    [],
  );
}
