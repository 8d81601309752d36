import { expect, test } from 'vitest';
import { GIB, MIB } from '../../src/memory/index.ts';
import { blockSizeOf, rangesOf, withoutTornParts } from '../../src/stores/s3/block-plan.ts';
import { planParts } from '../support/plan-parts.ts';

const TIB = 1024 * GIB;

test.each([1, 8 * MIB, 78 * GIB, 79 * GIB, 640 * GIB, TIB + 1, 5 * TIB])(
  'an image of %d bytes is cut into parts that S3 accepts',
  (size) => {
    const blockSize = blockSizeOf(size);
    expect(blockSize).toBeGreaterThanOrEqual(5 * MIB);
    expect(blockSize).toBeLessThanOrEqual(5 * GIB);
    expect([...planParts(size, [], blockSize)].length).toBeLessThanOrEqual(10_000);
  },
);

test('a part counts as received only if it has all bytes of its range', () => {
  const size = 20 * MIB;
  const parts = [
    { PartNumber: 1, Size: 8 * MIB },
    { PartNumber: 2, Size: 8 * MIB - 1 },
    { PartNumber: 3, Size: 4 * MIB },
    { PartNumber: 4, Size: 8 * MIB },
  ];
  const whole = withoutTornParts(parts, size);
  expect(whole.map(({ PartNumber }) => PartNumber)).toEqual([1, 3]);
  expect(rangesOf(whole, size)).toEqual([
    [0, 8 * MIB],
    [16 * MIB, size],
  ]);
});
