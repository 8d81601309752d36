import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { ByteRange } from '../../src/image/index.ts';
import { watchedReader } from '../../src/transfer/watched-reader.ts';

const { signal: never } = new AbortController();
const CHUNK = Buffer.from('chunk');

/**
 * Makes a reader in which the first byte of a range decides what happens. Keeps the signals that the reader
 * was given.
 */
function rig(
  sources: ((signal: AbortSignal) => AsyncIterable<Uint8Array>)[],
  { stallAfter = 60_000, signal = never } = {},
) {
  const signals: AbortSignal[] = [];
  const read = ([start]: ByteRange, told: AbortSignal) => {
    signals.push(told);
    return sources[start]?.(told) ?? of(CHUNK);
  };
  const ranged = watchedReader({ read, close: async () => {} }, stallAfter, signal);
  return { signals, read: (at: number) => ranged([at, at + CHUNK.length]) };
}

async function* of(...chunks: Uint8Array[]) {
  yield* chunks;
}

async function* hanging() {
  yield CHUNK;
  await new Promise(() => {});
}

async function* after(wait: Promise<void>) {
  await wait;
  yield CHUNK;
}

async function drained(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const _ of chunks) count += 1;
  return count;
}

test('a source that sends nothing is given up and told to stop', async () => {
  const { read, signals } = rig([hanging], { stallAfter: 50 });
  await expect(drained(read(0))).rejects.toMatchObject({ code: 'unavailable', side: 'source' });
  expect(signals[0]?.aborted).toBe(true);
  expect(await drained(read(1))).toBe(1);
});

test('a source that sends more than was asked for is an outage', async () => {
  const { read, signals } = rig([() => of(CHUNK.subarray(0, 3), CHUNK)]);
  await expect(drained(read(0))).rejects.toMatchObject({ code: 'unavailable', side: 'source' });
  expect(signals[0]?.aborted).toBe(true);
});

test('a stop ends the read of a source that hangs, with the reason of the stop', async () => {
  const stop = new AbortController();
  const { read } = rig([hanging], { signal: stop.signal });
  const reading = drained(read(0));
  stop.abort(new Error('stopped'));
  await expect(reading).rejects.toThrow('stopped');
});

test('ranges that are read to their end share a signal, and leave no listener on it', async () => {
  const { read, signals } = rig([]);
  for (let at = 0; at < 10; at += 1) expect(await drained(read(at))).toBe(1);
  const [signal, ...others] = new Set(signals);
  expect(others).toEqual([]);
  expect(getEventListeners(signal as AbortSignal, 'abort')).toEqual([]);
});

test('if a range is given up while its source is silent, the next range is not disturbed', async () => {
  const late = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  const { read, signals } = rig([() => after(late.promise), () => after(going.promise)]);
  const first = read(0);
  const pending = first.next();
  const givenUp = first.return(undefined);
  const second = drained(read(1));
  late.resolve();
  await Promise.all([pending, givenUp]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  going.resolve();
  expect(await second).toBe(1);
});
