import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { DestinationRef, PartSink } from '../../src/stores/index.ts';
import { committing, copyFor, openPartSink } from './make-image.ts';
import { partSinks } from './open-part-sinks.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, LAST, type OpenStore, type StoreTraits } from './store-under-test.ts';

const DATA = randomBytes(2_500_000);
const SIZE = DATA.length;

/**
 * Defines tests for stores that take parts. If there are several attempts at an image, only the last one MAY
 * write.
 */
export function fenceContract(openStore: OpenStore, traits: StoreTraits): void {
  const bench = storeBench(openStore);
  let ref: DestinationRef;
  beforeEach(async () => {
    ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
  });
  const { opened, written } = partSinks(bench, () => ref, SIZE);
  const commit = () => bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));

  test('an attempt may open its image again', async () => {
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
  ])('once a later attempt has opened the image, an earlier one can no longer %s', async (_what, act) => {
    const earlier = await opened(1);
    const later = await opened(2);
    await later.write(0, DATA);
    expect(await codeOf(act(earlier))).toBe('conflict');
    expect((await written(later)).equals(DATA)).toBe(true);
    expect((await opened(3)).received).toEqual([]);
  });

  test('after a later attempt an earlier one cannot open the image, and the later one is not disturbed', async () => {
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
  ])('after a commit a sink can no longer %s, and the image stays whole', async (_what, act) => {
    const sink = await opened(1);
    await sink.write(0, DATA);
    await sink.flush();
    await commit();
    expect(['not_found', 'conflict']).toContain(await codeOf(act(sink)));
    expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
  });

  test('a discard leaves no trace of the data of several attempts', async () => {
    const first = await opened(1);
    await first.write(0, DATA.subarray(0, 1000));
    await first.complete([0, 1000]);
    const second = await opened(2);
    await second.write(1000, DATA.subarray(1000));
    await bench.store.discard(ref, LAST);
    expect(await bench.current.traces()).toEqual([]);
    await Promise.all([first.close(), second.close()]);
    expect(await bench.current.traces()).toEqual([]);
  });

  test.runIf(traits.reusesIds)(
    "an attempt that was given up writes nothing into the next job's image",
    async () => {
      const zombie = await opened(1);
      await bench.store.discard(ref, LAST);
      const next = bench.ref(DATA, { image_id: ref.image_id });
      await bench.prepare(next, DATA);
      const sink = await openPartSink(bench.store, next, 1, SIZE);
      await sink.write(0, DATA);
      await zombie.write(0, Buffer.alloc(SIZE, 'z')).catch(() => {});
      await zombie.reset().catch(() => {});
      expect((await written(sink)).equals(DATA)).toBe(true);
      await sink.close();
    },
  );
}
