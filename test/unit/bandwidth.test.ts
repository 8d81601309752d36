import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Bandwidth, Throttle } from '../../src/transfer/bandwidth.ts';

const MB = 1e6;
const CHUNK = MB / 4;
const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lanes that send one chunk after another, as fast as the limits let them. */
function greedy(limits: readonly Bandwidth[], lanes: number) {
  const named = limits.map((bandwidth, index) => ({ name: `limit ${index}`, bandwidth }));
  const throttle = new Throttle(() => named);
  const sent = { bytes: 0 };
  const stop = new AbortController();
  const lane = async () => {
    for (;;) {
      await throttle.pass(CHUNK, stop.signal);
      sent.bytes += CHUNK;
      if (sent.bytes > 1000 * MB) throw new Error('nothing holds these lanes back');
    }
  };
  for (let i = 0; i < lanes; i++) lane().catch(() => {});
  return { sent, throttle, stop: () => stop.abort() };
}

test.each([1, 4, 64])('%d lanes keep to a limit within a tenth over ten seconds', async (lanes) => {
  const { sent, stop } = greedy([new Bandwidth(() => 20 * MB)], lanes);
  await vi.advanceTimersByTimeAsync(10_000);
  stop();
  expect(sent.bytes / (200 * MB)).toBeGreaterThan(0.9);
  expect(sent.bytes / (200 * MB)).toBeLessThan(1.1);
});

test('the lowest of several limits decides', async () => {
  const limits = [50, 10, 30].map((rate) => new Bandwidth(() => rate * MB));
  const { sent, throttle, stop } = greedy(limits, 4);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sent.bytes / (100 * MB)).toBeCloseTo(1, 0);
  expect(throttle.heldBy).toBe('limit 1');
  stop();
});

test('copies that share a limit keep to it together', async () => {
  const shared = new Bandwidth(() => 10 * MB);
  const copies = [greedy([shared], 4), greedy([shared], 4)];
  await vi.advanceTimersByTimeAsync(10_000);
  for (const { sent, stop } of copies) {
    stop();
    expect(sent.bytes / (50 * MB)).toBeCloseTo(1, 0);
  }
});

test('a call that is aborted right after it was served leaves the next call in the queue', async () => {
  const limit = new Bandwidth(() => MB);
  const served = new AbortController();
  const first = limit.pass(MB, served.signal).catch(() => {});
  const second = limit.pass(MB, signal);
  served.abort();
  await vi.advanceTimersByTimeAsync(3000);
  await Promise.all([first, second]);
});

test('a changed limit holds at once, even for calls that are waiting already', async () => {
  let rate: number | null = MB / 100;
  const { sent, stop } = greedy([new Bandwidth(() => rate)], 16);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sent.bytes).toBeLessThan(MB);
  const before = sent.bytes;
  rate = 20 * MB;
  await vi.advanceTimersByTimeAsync(10_000);
  stop();
  expect((sent.bytes - before) / (200 * MB)).toBeGreaterThan(0.9);
  expect((sent.bytes - before) / (200 * MB)).toBeLessThan(1.1);
});

test('time in which nothing was sent allows only a short burst afterwards', async () => {
  const limit = new Bandwidth(() => 10 * MB);
  await vi.advanceTimersByTimeAsync(60_000);
  const { sent, stop } = greedy([limit], 4);
  await vi.advanceTimersByTimeAsync(1000);
  stop();
  expect(sent.bytes).toBeLessThan(14 * MB);
});

test('bytes that no limit applies to do not wait', () => {
  expect(new Throttle(() => []).pass(MB, signal)).toBeUndefined();
  const free = { name: 'free', bandwidth: new Bandwidth(() => null) };
  expect(new Throttle(() => [free]).pass(MB, signal)).toBeUndefined();
  expect(new Throttle(() => [free]).heldBy).toBeNull();
});

test('a call that gives up waiting takes nothing from the others', async () => {
  const limit = new Bandwidth(() => MB);
  const giveUp = new AbortController();
  expect(limit.take(MB)).toBe(true);
  const waiting = limit.pass(1000 * MB, giveUp.signal).catch((error) => error);
  const next = limit.pass(MB, signal);
  giveUp.abort(new Error('enough'));
  expect(await waiting).toEqual(new Error('enough'));
  await vi.advanceTimersByTimeAsync(1100);
  await next;
});
