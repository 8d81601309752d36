import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FeedOptions, feed, RESERVE } from '../../src/transfer/feed.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { createWindow } from '../../src/transfer/window.ts';
import { expectNoGrowth } from '../support/heap-growth.ts';

const SIZE = 1_000_000;
const DATA = randomBytes(SIZE);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Makes a feed for an image whose bytes have not come yet. */
function newFeed(options: Partial<FeedOptions> = {}) {
  const abort = new AbortController();
  const verified = Promise.withResolvers<void>();
  const staged = new Ledger([], 0);
  const staging = createWindow(SIZE, abort.signal);
  const moves: boolean[] = [];
  const sent: Uint8Array[] = [];
  const chunks = feed({
    staging,
    staged,
    size: SIZE,
    verified: verified.promise,
    patience: 30_000,
    signal: abort.signal,
    onSent: (_upTo, kind) => void moves.push(kind === 'data'),
    onStalled: () => {},
    ...options,
  });
  return {
    abort,
    verified,
    moves,
    chunks,
    bytes: () => Buffer.concat(sent),
    async stage(start: number, end: number) {
      await staging.write(start, DATA.subarray(start, end));
      staged.add([start, end]);
    },
    /** Sends everything, as soon as it comes. */
    async drain() {
      for await (const chunk of chunks) sent.push(Buffer.from(chunk));
    },
  };
}

test('nothing is sent until there are more bytes than the reserve', async () => {
  const feed = newFeed();
  const drained = feed.drain();
  await feed.stage(0, RESERVE);
  await vi.advanceTimersByTimeAsync(0);
  expect(feed.bytes()).toHaveLength(0);
  await feed.stage(RESERVE, 2 * RESERVE);
  await vi.advanceTimersByTimeAsync(0);
  expect(feed.bytes().equals(DATA.subarray(0, RESERVE))).toBe(true);
  feed.abort.abort(new Error('enough'));
  await expect(drained).rejects.toThrow('enough');
});

test('a wait of an hour sends less than the reserve, a few bytes at a time, and then the feed goes on', async () => {
  const feed = newFeed();
  const drained = feed.drain();
  await feed.stage(0, 500_000);
  await vi.advanceTimersByTimeAsync(0);
  const before = feed.bytes().length;
  expect(before).toBe(500_000 - RESERVE);
  const moved = feed.moves.length;
  await vi.advanceTimersByTimeAsync(3_600_000);
  const trickled = feed.moves.slice(moved);
  expect(trickled.length).toBeGreaterThan(3500);
  expect(trickled).not.toContain(true);
  expect(feed.bytes().length).toBeLessThan(500_000);
  await feed.stage(500_000, SIZE);
  feed.verified.resolve();
  await drained;
  expect(feed.bytes().equals(DATA)).toBe(true);
});

test('even if a wait lasts longer than the reserve does, the last byte is held back', async () => {
  const feed = newFeed();
  feed.drain().catch(() => {});
  await feed.stage(0, SIZE);
  await vi.advanceTimersByTimeAsync((RESERVE / 2) * 1000);
  expect(feed.bytes().length).toBe(SIZE - 1);
  feed.abort.abort();
});

test('if the digest is wrong, the feed throws that error and never sends all bytes', async () => {
  const feed = newFeed();
  const drained = feed.drain();
  drained.catch(() => {});
  await feed.stage(0, SIZE);
  await vi.advanceTimersByTimeAsync(5000);
  feed.verified.reject(new Error('another digest'));
  await expect(drained).rejects.toThrow('another digest');
  expect(feed.bytes().length).toBeLessThan(SIZE);
});

test('an abort ends the wait for more bytes at once', async () => {
  const feed = newFeed();
  const drained = feed.drain();
  drained.catch(() => {});
  feed.abort.abort(new Error('enough'));
  await expect(drained).rejects.toThrow('enough');
});

test('a destination is reported if it takes nothing for too long, but not if it takes bytes in time', async () => {
  const onStalled = vi.fn();
  const feed = newFeed({ onStalled });
  await feed.stage(0, SIZE);
  await feed.chunks.next();
  await vi.advanceTimersByTimeAsync(29_000);
  await feed.chunks.next();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(onStalled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1001);
  expect(onStalled).toHaveBeenCalledTimes(1);
});

test('a feed that is ended early leaves no timer behind', async () => {
  const onStalled = vi.fn();
  const feed = newFeed({ onStalled });
  await feed.stage(0, SIZE);
  await feed.chunks.next();
  await feed.chunks.return(undefined);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(onStalled).not.toHaveBeenCalled();
});

test('a small chunk is not overwritten when the next one is asked for, because a socket may have buffered it', async () => {
  const feed = newFeed();
  await feed.stage(0, RESERVE + 40 * 1024);
  const first = await feed.chunks.next();
  expect(first.value).toHaveLength(40 * 1024);
  await feed.stage(RESERVE + 40 * 1024, SIZE);
  await feed.chunks.next();
  expect(DATA.subarray(0, 40 * 1024).equals(first.value ?? Buffer.alloc(0))).toBe(true);
});

test('no chunk is larger than 256 KiB, because a chunk of 1 MiB resets a connection', async () => {
  const feed = newFeed();
  await feed.stage(0, SIZE);
  feed.verified.resolve();
  for await (const chunk of feed.chunks) expect(chunk.length).toBeLessThanOrEqual(256 * 1024);
});

test('waiting for the source leaves no listener behind', { timeout: 60_000 }, async () => {
  vi.useRealTimers();
  const [piece, waits] = [Buffer.alloc(16), 8];
  const size = RESERVE + 11_001 * waits * piece.length;
  const { signal } = new AbortController();
  const staged = new Ledger([], 0);
  const staging = createWindow(size, signal);
  const chunks = newFeed({ staging, staged, size, signal }).chunks;
  let at = 0;
  const stage = async (bytes: Buffer) => {
    await staging.write(at, bytes);
    staged.add([at, at + bytes.length]);
    at += bytes.length;
  };
  await stage(Buffer.alloc(RESERVE));
  await expectNoGrowth(async () => {
    for (let wait = 0; wait < waits; wait += 1) {
      const next = chunks.next();
      await stage(piece);
      expect((await next).value).toHaveLength(piece.length);
    }
  });
});
