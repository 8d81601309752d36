import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { DestinationRef } from '../../src/stores/index.ts';
import { committing, copyFor, fillImage, fillSink } from './make-image.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, type OpenStore, type StoreTraits } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);
const SIZE = DATA.length;

/**
 * Defines tests of attempts that were frozen and wake late. They MUST NOT change what a later attempt has
 * taken over.
 */
export function lateContract(openStore: OpenStore, traits: StoreTraits): void {
  const bench = storeBench(openStore);
  let ref: DestinationRef;
  const made = () => committing(ref, DATA);
  const prepare = (attempt: number) => bench.store.prepare(ref, attempt, copyFor(ref, DATA));
  const commit = (attempt: number) => bench.store.commit(made(), attempt, copyFor(ref, DATA));
  const expectWhole = async () => expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
  beforeEach(async () => {
    ref = bench.ref(DATA);
    await prepare(1);
  });

  test('a plain discard leaves a committed image; only an undo of the commit removes it', async () => {
    await fillImage(bench.store, ref, DATA, 2);
    await commit(3);
    await bench.store.discard(ref, 4);
    await expectWhole();
    await bench.store.discard(made(), 5);
    expect(await bench.current.traces()).toEqual([]);
  });

  test('a later run of the job finds the image that an earlier run has committed', async () => {
    expect(await bench.store.adopt(made(), 2)).toBeNull();
    await fillImage(bench.store, ref, DATA, 3);
    await commit(4);
    expect(await bench.store.adopt(made(), 5)).toMatchObject({ id: ref.image_id, size: SIZE });
    const other = randomBytes(SIZE);
    const another = committing(bench.ref(other, { image_id: ref.image_id }), other);
    expect(await bench.store.adopt(another, 6)).toBeNull();
    await expectWhole();
  });

  describe.runIf(traits.numbers)('compares the numbers of attempts', () => {
    test('a prepare is refused after a later attempt has opened the image', async () => {
      await fillImage(bench.store, ref, DATA, 3);
      expect(await codeOf(prepare(2))).toBe('conflict');
      await commit(4);
      await expectWhole();
    });

    test('a prepare of a later run begins anew, and locks out the writers of the earlier run', async () => {
      const earlier = await bench.store.openSink(ref, 2, SIZE);
      await prepare(3);
      expect(['conflict', 'not_found']).toContain(await codeOf(fillSink(earlier, DATA)));
      await earlier.close();
      const later = await bench.store.openSink(ref, 4, SIZE);
      expect(later).toMatchObject({ received: [] });
      await fillSink(later, DATA);
      await later.close();
      await commit(5);
      await expectWhole();
    });

    test('a discard is refused while a later attempt writes the copy, and after it has committed the copy', async () => {
      const sink = await bench.store.openSink(ref, 3, SIZE);
      expect(await codeOf(bench.store.discard(ref, 2))).toBe('conflict');
      await fillSink(sink, DATA);
      await sink.close();
      await commit(4);
      expect(await codeOf(bench.store.discard(made(), 2))).toBe('conflict');
      await expectWhole();
    });

    test('an undo of a commit is refused once a later run has adopted the image', async () => {
      await fillImage(bench.store, ref, DATA, 2);
      await commit(3);
      await bench.store.adopt(ref, 5);
      expect(await codeOf(bench.store.discard(made(), 4))).toBe('conflict');
      await expectWhole();
    });

    test('a commit is refused once a later attempt has opened the image', async () => {
      await fillImage(bench.store, ref, DATA, 2);
      const later = await bench.store.openSink(ref, 4, SIZE);
      expect(await codeOf(commit(3))).toBe('conflict');
      expect(await bench.listed()).toEqual([]);
      await later.close();
    });

    test('an image that is being removed can be neither committed nor opened', async () => {
      await fillImage(bench.store, ref, DATA, 2);
      await bench.store.discard(ref, 3);
      expect(await codeOf(commit(4))).toBe('not_found');
      expect(await codeOf(bench.store.openSink(ref, 5, SIZE))).toBe('not_found');
      expect(await bench.current.traces()).toEqual([]);
    });
  });
}
