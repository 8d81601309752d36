import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { committing, copyFor, fillImage, fillSink } from './make-image.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, LAST, type OpenStore, type StoreTraits } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);
const SIZE = DATA.length;

export function discardContract(openStore: OpenStore, traits: StoreTraits): void {
  const bench = storeBench(openStore);

  test('a discard succeeds if there is nothing to remove', async () => {
    const ref = bench.ref(DATA);
    await bench.store.discard(ref, LAST);
    await bench.store.discard(ref, LAST);
    expect(await bench.current.traces()).toEqual([]);
  });

  test.each(['', '..', '../x', 'a/b', 'a\0b'])('a discard of an impossible id succeeds (%j)', async (id) => {
    const { id: kept } = await bench.current.addImage(DATA);
    await bench.store.discard(bench.ref(DATA, { image_id: id }), LAST);
    expect(await bench.listed()).toEqual([kept]);
  });

  test('a discard leaves no trace of an image that was only prepared', async () => {
    const ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
    await bench.store.discard(ref, LAST);
    expect(await bench.current.traces()).toEqual([]);
    await bench.store.discard(ref, LAST);
  });

  test('a discard leaves no trace of an image that has all its data and was opened again', async () => {
    const ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
    await fillImage(bench.store, ref, DATA);
    const again = await bench.store.openSink(ref, 2, SIZE);
    await bench.store.discard(ref, LAST);
    expect(await bench.current.traces()).toEqual([]);
    await again.close();
    expect(await bench.current.traces()).toEqual([]);
    await bench.store.discard(ref, LAST);
  });

  test("a discard of the job's own committed image leaves no trace", async () => {
    const ref = bench.ref(DATA);
    await bench.make(ref, DATA);
    await bench.store.discard(committing(ref, DATA), LAST);
    expect(await bench.listed()).toEqual([]);
    expect(await bench.current.traces()).toEqual([]);
    await bench.store.discard(committing(ref, DATA), LAST);
  });

  test('an image that no job has made stays', async () => {
    const { id } = await bench.current.addImage(DATA);
    await bench.store.discard(bench.ref(DATA, { image_id: id }), LAST);
    expect((await bench.data(id)).equals(DATA)).toBe(true);
  });

  test("another job's image stays, whether it is committed or not", async () => {
    const committed = bench.ref(DATA);
    const partial = bench.ref(DATA);
    await bench.make(committed, DATA);
    await bench.prepare(partial, DATA);
    const before = await bench.current.traces();
    await bench.store.discard(bench.ref(DATA, { image_id: committed.image_id }), LAST);
    await bench.store.discard(bench.ref(DATA, { image_id: partial.image_id }), LAST);
    expect(await bench.current.traces()).toEqual(before);
    await (await bench.store.openSink(partial, 1, SIZE)).close();
  });

  test('an attempt that was given up makes nothing again after a discard', async () => {
    const ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
    const zombie = await bench.store.openSink(ref, 1, SIZE);
    await bench.store.discard(ref, LAST);
    expect(await codeOf(fillSink(zombie, DATA))).toBe('not_found');
    expect(await codeOf(bench.store.openSink(ref, 2, SIZE))).toBe('not_found');
    expect(await codeOf(bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA)))).toBe(
      'not_found',
    );
    await zombie.close();
    expect(await bench.current.traces()).toEqual([]);
  });

  test.runIf(traits.reusesIds)('after a discard the id can be used again', async () => {
    const ref = bench.ref(DATA);
    await bench.make(ref, DATA);
    await bench.store.discard(committing(ref, DATA), LAST);
    await bench.make(bench.ref(DATA, { image_id: ref.image_id }), DATA);
    expect(await bench.listed()).toEqual([ref.image_id]);
  });

  test.runIf(!traits.reusesIds)(
    'after a discard the id cannot be used again, not even by the same job',
    async () => {
      const ref = bench.ref(DATA);
      await bench.prepare(ref, DATA);
      await bench.store.discard(ref, LAST);
      expect(await codeOf(bench.prepare(ref, DATA))).toBe(traits.usedIdError);
      const next = bench.ref(DATA, { image_id: ref.image_id });
      expect(await codeOf(bench.prepare(next, DATA))).toBe(traits.usedIdError);
      expect(await bench.current.traces()).toEqual([]);
    },
  );
}
