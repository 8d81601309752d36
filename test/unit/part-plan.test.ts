import { expect, test } from 'vitest';
import { gaps } from '../../src/image/byte-ranges.ts';
import { addRange, type ByteRange, coveredBytes, PART_SIZE, planParts } from '../../src/image/index.ts';
import { pseudoRandom } from './pseudo-random.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const TIB = 1024 ** 4;

test.each([1, 8 * MIB, 8 * MIB + 1, 3 * GIB + 12_345])(
  'the parts of an image of %d bytes cover it',
  (size) => {
    let covered = 0;
    for (const [start, end] of planParts(size, [])) {
      expect(start).toBe(covered);
      expect(end - start).toBeGreaterThan(0);
      expect(end - start).toBeLessThanOrEqual(PART_SIZE);
      covered = end;
    }
    expect(covered).toBe(size);
  },
);

test('parts are planned as they are asked for: the largest image needs no more memory than a small one', () => {
  const [first, second] = planParts(5 * TIB, [[0, 4 * TIB]]);
  expect([first, second]).toEqual([
    [4 * TIB, 4 * TIB + PART_SIZE],
    [4 * TIB + PART_SIZE, 4 * TIB + 2 * PART_SIZE],
  ]);
});

test('an image without bytes has no parts', () => {
  expect([...planParts(0, [])]).toEqual([]);
});

test('an image that is there has no parts left', () => {
  expect([...planParts(20 * MIB, [[0, 20 * MIB]])]).toEqual([]);
});

test('a plan goes on in the gap where an earlier attempt stopped, and is back in step at the next part', () => {
  expect([...planParts(30 * MIB, [[0, 3 * MIB]])]).toEqual([
    [3 * MIB, 8 * MIB],
    [8 * MIB, 16 * MIB],
    [16 * MIB, 24 * MIB],
    [24 * MIB, 30 * MIB],
  ]);
});

test('each of several gaps gets parts of its own', () => {
  const done: ByteRange[] = [
    [2 * MIB, 8 * MIB],
    [9 * MIB, 23 * MIB],
  ];
  expect([...planParts(24 * MIB, done)]).toEqual([
    [0, 2 * MIB],
    [8 * MIB, 9 * MIB],
    [23 * MIB, 24 * MIB],
  ]);
});

test.each(Array.from({ length: 30 }, (_, seed) => [seed]))(
  'what is done and what is planned never overlap and leave nothing out (seed %i)',
  (seed) => {
    const random = pseudoRandom(seed);
    const size = 1 + random(300 * MIB);
    let done: readonly ByteRange[] = [];
    for (let count = random(20); count > 0; count--) {
      const start = random(size);
      done = addRange(done, [start, Math.min(size, start + random(20 * MIB))]);
    }
    const parts = [...planParts(size, done)];
    const all = parts.reduce(addRange, done);
    expect(gaps(all, size)).toEqual([]);
    expect(coveredBytes(all)).toBe(coveredBytes(done) + parts.reduce((sum, [a, b]) => sum + b - a, 0));
    for (const [start, end] of parts) {
      expect(Math.floor(start / PART_SIZE)).toBe(Math.floor((end - 1) / PART_SIZE));
    }
  },
);
