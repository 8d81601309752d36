import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DestinationRef, PartSink } from '../../src/stores/index.ts';
import { codeOf, dataOf, newRef, type OpenStore, recordOf, type StoreUnderTest } from './store-under-test.ts';

const DATA = randomBytes(2_500_000);
const SIZE = DATA.length;

export function sinkContract(openStore: OpenStore): void {
  let it: StoreUnderTest;
  let ref: DestinationRef;
  let sinks: PartSink[];
  beforeEach(async () => {
    it = await openStore();
    ref = newRef();
    sinks = [];
    await it.store.prepare(ref, SIZE);
  });
  afterEach(async () => {
    await Promise.all(sinks.map((sink) => sink.close()));
    await it.close();
  });

  async function opened(attempt: number): Promise<PartSink> {
    const sink = await it.store.openSink(ref, attempt, SIZE);
    sinks.push(sink);
    return sink;
  }

  async function written(sink: PartSink): Promise<Buffer> {
    const back = Buffer.alloc(SIZE);
    await sink.readBack(0, back);
    return back;
  }

  const commit = () => it.store.commit(ref, recordOf(DATA, { id: ref.image_id }));

  test('what is prepared has received nothing', async () => {
    expect((await opened(1)).received).toEqual([]);
  });

  test('pieces may come in any order, and more than once', async () => {
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

  test('a piece is taken whole before its write returns: its buffer may be used again', async () => {
    const sink = await opened(1);
    const buffer = Buffer.alloc(500_000);
    for (let at = 0; at < SIZE; at += buffer.length) {
      DATA.copy(buffer, 0, at);
      await sink.write(at, buffer);
      buffer.fill('x');
    }
    expect((await written(sink)).equals(DATA)).toBe(true);
  });

  test('the next attempt is told what was completed, though the last one was never closed', async () => {
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

  test('what is completed twice, or next to each other, is received once', async () => {
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

  test('a range is read back as it was written, wherever it lies', async () => {
    const sink = await opened(1);
    await sink.write(0, DATA);
    const back = Buffer.alloc(1234);
    await sink.readBack(1_048_000, back);
    expect(back.equals(DATA.subarray(1_048_000, 1_049_234))).toBe(true);
  });

  test('a reset forgets every byte, for this attempt and the next', async () => {
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

  test('the same attempt may open it again', async () => {
    await (await opened(1)).write(0, DATA);
    const again = await opened(1);
    await again.write(0, DATA.subarray(0, 1000));
    expect((await written(again)).equals(DATA)).toBe(true);
  });

  test.each<[string, (sink: PartSink) => Promise<void>]>([
    ['write', (sink) => sink.write(0, Buffer.alloc(1000, 'z'))],
    ['write zeros', (sink) => sink.write(0, Buffer.alloc(1000))],
    ['complete a range', (sink) => sink.complete([0, SIZE])],
    ['reset', (sink) => sink.reset()],
  ])('once a later attempt has opened it, an earlier one can no longer %s', async (_what, act) => {
    const earlier = await opened(1);
    const later = await opened(2);
    await later.write(0, DATA);
    expect(await codeOf(act(earlier))).toBe('conflict');
    expect((await written(later)).equals(DATA)).toBe(true);
    expect((await opened(3)).received).toEqual([]);
  });

  test('an earlier attempt cannot open it after a later one, which goes on undisturbed', async () => {
    const later = await opened(10);
    expect(await codeOf(opened(9))).toBe('conflict');
    expect(await codeOf(opened(2))).toBe('conflict');
    await later.write(0, DATA);
    expect((await written(later)).equals(DATA)).toBe(true);
  });

  test.each<[string, (sink: PartSink) => Promise<void>]>([
    ['write', (sink) => sink.write(0, Buffer.alloc(1000, 'z'))],
    ['write zeros', (sink) => sink.write(0, Buffer.alloc(1000))],
    ['reset', (sink) => sink.reset()],
  ])('after commit a sink can no longer %s, and the image stays whole', async (_what, act) => {
    const sink = await opened(1);
    await sink.write(0, DATA);
    await sink.flush();
    await commit();
    expect(['not_found', 'conflict']).toContain(await codeOf(act(sink)));
    expect((await dataOf(it.store, ref.image_id)).equals(DATA)).toBe(true);
  });

  test('after commit there is nothing to open', async () => {
    await (await opened(1)).write(0, DATA);
    await commit();
    expect(['not_found', 'conflict']).toContain(await codeOf(opened(2)));
  });

  test('a flush may be repeated', async () => {
    const sink = await opened(1);
    await sink.write(0, DATA);
    await sink.flush();
    await sink.flush();
  });
}
