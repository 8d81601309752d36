import { expect, test } from 'vitest';
import { ReadableProgress } from '../../activities/readable-progress.ts';
import { parseProgress, progressText, RateWindow, type TransferProgress } from '../../src/copy-job/index.ts';
import { batchText, NOTHING_MOVED, parseBatchProgress } from '../../src/object-task/index.ts';

const MIB = 1024 * 1024;
const PROGRESS: TransferProgress = {
  ranges: [[0, 4 * MIB]],
  high_water: 4 * MIB,
  moved_at: 1_700_000_000_000,
  futile: 0,
  futile_since: null,
  last_fault: null,
};
const STATE = { size: 10 * MIB, rate: 2 * MIB, isPaused: false };
const FAULT = { code: 'unavailable', side: 'source', message: 'evil <b>words</b>' } as const;

test.each<[string, Partial<TransferProgress>, Partial<typeof STATE>, string]>([
  ['that moves', {}, {}, '40%, 4.0 MiB of 10.0 MiB, 2.0 MiB/s, ETA 0:03'],
  ['that stands still', {}, { rate: 0 }, '40%, 4.0 MiB of 10.0 MiB, 0.0 B/s'],
  ['that has all bytes', { high_water: 10 * MIB }, {}, '100%, 10.0 MiB of 10.0 MiB, 2.0 MiB/s'],
  ['of an empty image', { high_water: 0, ranges: [] }, { size: 0, rate: 0 }, '100%, 0.0 B of 0.0 B, 0.0 B/s'],
  ['that is paused', {}, { isPaused: true }, '40%, 4.0 MiB of 10.0 MiB, paused'],
  [
    'that a limit holds back',
    { held_by: 'limits.bandwidth' },
    { rate: 0 },
    '40%, 4.0 MiB of 10.0 MiB, 0.0 B/s, held back by limits.bandwidth',
  ],
  [
    'that tries again, without the words of others',
    { last_fault: FAULT },
    { rate: 0 },
    '40%, 4.0 MiB of 10.0 MiB, 0.0 B/s, tries again after a fault: unavailable at the source',
  ],
])('the text describes a transfer %s', (_which, progress, state, text) => {
  expect(progressText({ ...PROGRESS, ...progress }, { ...STATE, ...state })).toBe(text);
});

test('heartbeat details begin with the text, and are read back without it', () => {
  const details = new ReadableProgress(10 * MIB).details(PROGRESS, undefined);
  expect(Object.entries(details)[0]).toEqual(['about', '40%, 4.0 MiB of 10.0 MiB, 0.0 B/s']);
  expect(parseProgress(details)).toEqual(PROGRESS);
});

test("a batch's details are read back without the text", () => {
  const batch = { ...NOTHING_MOVED, after: 'a/b', moved: 120, bytes: 3 * MIB, failed: 2, moved_at: 5 };
  const about = batchText(batch);
  expect(about).toBe('120 objects moved, 3.0 MiB, 2 failed');
  expect(parseBatchProgress({ about, ...batch })).toEqual(batch);
});

test('the rate is that of the last five seconds, and never below zero', () => {
  const rate = new RateWindow();
  expect(rate.current).toBe(0);
  rate.add(0, 0);
  rate.add(1000, 1000);
  expect(rate.current).toBe(1000);
  for (let at = 2000; at <= 10_000; at += 1000) rate.add(1000, at);
  expect(rate.current).toBe(0);
  rate.add(500, 11_000);
  expect(rate.current).toBe(0);
  rate.clear();
  expect(rate.current).toBe(0);
});
