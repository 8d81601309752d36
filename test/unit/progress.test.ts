import { expect, test } from 'vitest';
import { parseProgress, type TransferProgress } from '../../src/copy-job/index.ts';

const GOOD: TransferProgress = {
  ranges: [
    [0, 10],
    [20, 30],
  ],
  high_water: 25,
  moved_at: 1_700_000_000_000,
  futile: 3,
  futile_since: 1_700_000_000_000,
  last_fault: { code: 'unavailable', side: 'source', message: 'no answer' },
};

test('the heartbeat of a transfer is read back unchanged', () => {
  expect(parseProgress(GOOD)).toEqual(GOOD);
  expect(parseProgress(JSON.parse(JSON.stringify(GOOD)))).toEqual(GOOD);
});

test('a transfer that has moved nothing yet has no ranges', () => {
  expect(parseProgress({ ...GOOD, ranges: [] })).toEqual({ ...GOOD, ranges: [] });
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
  ['a text', 'ranges'],
  ['a list', []],
  ["another activity's details", { began: 1_700_000_000_000 }],
  ['ranges that are not a list', { ...GOOD, ranges: { 0: [0, 1] } }],
  ['a negative high-water mark', { ...GOOD, high_water: -1 }],
  ['a high-water mark in text', { ...GOOD, high_water: '25' }],
  ['a time that is not a number', { ...GOOD, moved_at: Number.NaN }],
])('%s is not taken for progress', (_what, value) => {
  expect(parseProgress(value)).toBeUndefined();
});

test.each<[string, unknown]>([
  ['a range that is not a pair', [[0]]],
  ['a range of text', [['0', '9']]],
  ['a range with null for a number', [[0, null]]],
  ['a range that is not a list', [7]],
  ['an empty range', [[5, 5]]],
  ['a range that runs backwards', [[9, 5]]],
  ['a range below zero', [[-5, 5]]],
  ['half a byte', [[0, 5.5]]],
  ['more bytes than a number can count', [[0, 2 ** 60]]],
  [
    'ranges that overlap',
    [
      [0, 5],
      [4, 9],
    ],
  ],
  [
    'ranges out of order',
    [
      [5, 9],
      [0, 4],
    ],
  ],
])('%s makes the transfer start over, so that no bytes are left out', (_what, ranges) => {
  expect(parseProgress({ ...GOOD, ranges })).toBeUndefined();
});

test.each<[string, unknown]>([
  ['missing', undefined],
  ['a text', 'no answer'],
  ['without a code', { side: 'source', message: 'no answer' }],
  ['without a message', { code: 'unavailable', side: 'source' }],
])('a fault that is %s is ignored, and the progress is kept', (_what, last_fault) => {
  expect(parseProgress({ ...GOOD, last_fault })).toEqual({ ...GOOD, last_fault: null });
});

test('a fault of an unknown side is read without a side', () => {
  const last_fault = { code: 'unavailable', side: 'middle', message: 'no answer' };
  expect(parseProgress({ ...GOOD, last_fault })?.last_fault).toEqual({ ...last_fault, side: null });
});

test.each([undefined, -1, 1.5, '3', null])(
  'if the number of futile uploads is %j, it is read as 0',
  (futile) => {
    expect(parseProgress({ ...GOOD, futile })).toEqual({ ...GOOD, futile: 0 });
  },
);

test.each([undefined, -1, '3'])(
  'if the time of the first futile upload is %j, it is read as null',
  (futile_since) => {
    expect(parseProgress({ ...GOOD, futile_since })).toEqual({ ...GOOD, futile_since: null });
  },
);
