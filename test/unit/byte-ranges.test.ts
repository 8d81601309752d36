import { expect, test } from 'vitest';
import {
  addRange,
  type ByteRange,
  coveredBytes,
  gaps,
  mergeRanges,
  watermark,
} from '../../src/image/byte-ranges.ts';
import { pseudoRandom } from './pseudo-random.ts';

test('the first range is kept as it is', () => {
  expect(addRange([], [3, 5])).toEqual([[3, 5]]);
});

test('ranges that touch become one', () => {
  expect(addRange([[0, 4]], [4, 8])).toEqual([[0, 8]]);
  expect(addRange([[4, 8]], [0, 4])).toEqual([[0, 8]]);
});

test('a range that fills the gap between two others joins all three', () => {
  const ranges: ByteRange[] = [
    [0, 4],
    [8, 12],
    [20, 30],
  ];
  expect(addRange(ranges, [4, 8])).toEqual([
    [0, 12],
    [20, 30],
  ]);
});

test('a range that was there already changes nothing', () => {
  expect(addRange([[0, 10]], [2, 5])).toEqual([[0, 10]]);
});

test('an empty range is not kept', () => {
  expect(addRange([[0, 4]], [9, 9])).toEqual([[0, 4]]);
});

test('ranges stay in order, whatever the order in which they come', () => {
  const ranges = [
    [20, 25],
    [0, 5],
    [10, 15],
  ].reduce<readonly ByteRange[]>((sum, [start = 0, end = 0]) => addRange(sum, [start, end]), []);
  expect(ranges).toEqual([
    [0, 5],
    [10, 15],
    [20, 25],
  ]);
});

test('adding a range does not change the list that was passed in', () => {
  const ranges: readonly ByteRange[] = Object.freeze([Object.freeze([0, 4] as const)]);
  addRange(ranges, [2, 9]);
  expect(ranges).toEqual([[0, 4]]);
});

test('the watermark is where the first gap begins', () => {
  expect(watermark([])).toBe(0);
  expect(watermark([[1, 9]])).toBe(0);
  expect(
    watermark([
      [0, 7],
      [9, 12],
    ]),
  ).toBe(7);
});

test('there is one gap if nothing is covered, and none if everything is', () => {
  expect(gaps([], 10)).toEqual([[0, 10]]);
  expect(gaps([[0, 10]], 10)).toEqual([]);
  expect(gaps([], 0)).toEqual([]);
});

const SIZE = 64;

test.each(Array.from({ length: 50 }, (_, seed) => [seed]))(
  'ranges and a bitmap agree about every byte (seed %i)',
  (seed) => {
    const random = pseudoRandom(seed);
    const bitmap = new Array<boolean>(SIZE).fill(false);
    let ranges: readonly ByteRange[] = [];
    for (let step = 0; step < 40; step++) {
      const start = random(SIZE);
      const end = Math.min(SIZE, start + random(12));
      ranges = addRange(ranges, [start, end]);
      bitmap.fill(true, start, end);
      expect(ranges).toEqual(runsOf(bitmap, true));
      expect(gaps(ranges, SIZE)).toEqual(runsOf(bitmap, false));
      expect(coveredBytes(ranges)).toBe(bitmap.filter(Boolean).length);
      expect(watermark(ranges)).toBe(bitmap.includes(false) ? bitmap.indexOf(false) : SIZE);
    }
  },
);

/** Returns the longest runs of a value in a bitmap, as ranges. */
function runsOf(bitmap: readonly boolean[], value: boolean): ByteRange[] {
  const runs: ByteRange[] = [];
  for (let at = 0; at < bitmap.length; at++) {
    if (bitmap[at] !== value) continue;
    const start = at;
    while (at < bitmap.length && bitmap[at] === value) at++;
    runs.push([start, at]);
  }
  return runs;
}

test('ranges that are merged at once are those that are added one by one', () => {
  const random = pseudoRandom(7);
  for (let round = 0; round < 200; round += 1) {
    const ranges = Array.from({ length: 12 }, (): ByteRange => {
      const start = random(40);
      return [start, start + random(5)];
    });
    expect(mergeRanges(ranges)).toEqual(ranges.reduce(addRange, [] as readonly ByteRange[]));
  }
});
