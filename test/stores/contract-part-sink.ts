import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { DestinationRef } from '../../src/stores/index.ts';
import { fenceContract } from './contract-fence.ts';
import { partSinks } from './open-part-sinks.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, type OpenStore, type StoreTraits } from './store-under-test.ts';

const DATA = randomBytes(2_500_000);
const SIZE = DATA.length;

/** Defines tests for stores that take data at any offset and in any order. */
export function partSinkContract(name: string, openStore: OpenStore, traits: StoreTraits): void {
  describe(`${name} store as it takes parts`, () => writingContract(openStore));
  describe(`${name} store as it locks out earlier attempts`, () => fenceContract(openStore, traits));
}

function writingContract(openStore: OpenStore): void {
  const bench = storeBench(openStore);
  let ref: DestinationRef;
  beforeEach(async () => {
    ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
  });
  const { opened, written } = partSinks(bench, () => ref, SIZE);

  test('a prepared image has received nothing', async () => {
    expect((await opened(1)).received).toEqual([]);
  });

  test('pieces may come in any order and more than once', async () => {
    const sink = await opened(1);
    const cuts = [0, 10, 700_000, 1_800_001, SIZE];
    for (const piece of [2, 0, 3, 2, 1, 0]) {
      const [start = 0, end = 0] = cuts.slice(piece, piece + 2);
      await sink.write(start, DATA.subarray(start, end));
    }
    expect((await written(sink)).equals(DATA)).toBe(true);
  });

  test('pieces may come at the same time', async () => {
    const sink = await opened(1);
    const starts = Array.from({ length: 25 }, (_, n) => n * 100_000);
    await Promise.all(starts.map((start) => sink.write(start, DATA.subarray(start, start + 100_000))));
    expect((await written(sink)).equals(DATA)).toBe(true);
  });

  test('a write has copied its piece when it returns, so that the buffer may be used again', async () => {
    const sink = await opened(1);
    const buffer = Buffer.alloc(500_000);
    for (let at = 0; at < SIZE; at += buffer.length) {
      DATA.copy(buffer, 0, at);
      await sink.write(at, buffer);
      buffer.fill('x');
    }
    expect((await written(sink)).equals(DATA)).toBe(true);
  });

  test('the next attempt knows which ranges were completed, even if the last one was not closed', async () => {
    const first = await opened(1);
    await first.write(1_000_000, DATA.subarray(1_000_000, 2_000_000));
    await first.complete([1_000_000, 2_000_000]);
    await first.write(0, DATA.subarray(0, 300_000));
    await first.complete([0, 300_000]);
    await first.write(300_000, DATA.subarray(300_000, 400_000));
    const second = await opened(2);
    expect(second.received).toEqual([
      [0, 300_000],
      [1_000_000, 2_000_000],
    ]);
    const back = Buffer.alloc(1_000_000);
    await second.readBack(1_000_000, back);
    expect(back.equals(DATA.subarray(1_000_000, 2_000_000))).toBe(true);
  });

  test('ranges that are completed twice or that touch each other are merged', async () => {
    const first = await opened(1);
    await first.write(0, DATA);
    for (const range of [
      [0, 1000],
      [1000, 2000],
      [0, 1000],
    ] as const)
      await first.complete(range);
    expect((await opened(2)).received).toEqual([[0, 2000]]);
  });

  test('any range is read back as it was written', async () => {
    const sink = await opened(1);
    await sink.write(0, DATA);
    const back = Buffer.alloc(1234);
    await sink.readBack(1_048_000, back);
    expect(back.equals(DATA.subarray(1_048_000, 1_049_234))).toBe(true);
  });

  test('a reset discards all data, for this attempt and the next', async () => {
    const sink = await opened(1);
    await sink.write(0, Buffer.alloc(SIZE, 'x'));
    await sink.complete([0, SIZE]);
    await sink.reset();
    await sink.reset();
    expect((await opened(1)).received).toEqual([]);
    const next = await opened(2);
    expect(next.received).toEqual([]);
    const sparse = Buffer.concat([Buffer.alloc(1_250_000), DATA.subarray(1_250_000)]);
    await next.write(0, sparse);
    expect((await written(next)).equals(sparse)).toBe(true);
  });

  test('a flush may be repeated', async () => {
    const sink = await opened(1);
    await sink.write(0, DATA);
    await sink.flush();
    await sink.flush();
  });

  test('a late prepare is refused, and what was written stays', async () => {
    const sink = await opened(1);
    await sink.write(0, DATA);
    expect(await codeOf(bench.prepare(ref, DATA))).toBe('conflict');
    expect((await written(sink)).equals(DATA)).toBe(true);
  });
}
