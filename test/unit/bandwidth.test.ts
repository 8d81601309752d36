import { expect, test } from 'vitest';
import { Bandwidth, delayOf } from '../../src/transfer/bandwidth.ts';

const MB = 1e6;

/** Returns how many bytes pass in a time, through lanes that each wait for as long as the limits ask. */
function passed(limits: readonly Bandwidth[], clock: { now: number }, lanes: number, time: number): number {
  const readyAt = Array.from({ length: lanes }, () => clock.now);
  let bytes = 0;
  for (const end = clock.now + time; clock.now < end; clock.now += 1) {
    for (let lane = 0; lane < lanes; lane++) {
      if ((readyAt[lane] ?? 0) > clock.now) continue;
      readyAt[lane] = clock.now + delayOf(limits, MB / 4);
      bytes += MB / 4;
    }
  }
  return bytes;
}

test.each([1, 4, 32])('%d lanes keep to a limit within a tenth over ten seconds', (lanes) => {
  const clock = { now: 0 };
  const limit = new Bandwidth(20 * MB, () => clock.now);
  const bytes = passed([limit], clock, lanes, 10_000);
  expect(bytes / (200 * MB)).toBeGreaterThan(0.9);
  expect(bytes / (200 * MB)).toBeLessThan(1.1);
});

test('of several limits the lowest decides', () => {
  const clock = { now: 0 };
  const limits = [50, 10].map((rate) => new Bandwidth(rate * MB, () => clock.now));
  expect(passed(limits, clock, 4, 10_000) / (100 * MB)).toBeCloseTo(1, 0);
});

test('time in which nothing was sent is not made up for, but for an instant', () => {
  const clock = { now: 0 };
  const limit = new Bandwidth(10 * MB, () => clock.now);
  clock.now = 60_000;
  expect(passed([limit], clock, 4, 1000)).toBeLessThan(14 * MB);
});

test('bytes that no limit is about do not wait', () => {
  expect(delayOf([], MB)).toBe(0);
});
