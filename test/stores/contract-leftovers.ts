import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { DestinationRef, Leftover } from '../../src/stores/index.ts';
import { committing, copyFor, fillImage } from './make-image.ts';
import { storeBench } from './store-bench.ts';
import { LAST, type OpenStore } from './store-under-test.ts';

const DATA = randomBytes(9_000_000);

/**
 * Defines tests of the list of leftovers: it MUST find what jobs leave behind, with the mark of the job. A
 * leftover MUST be removed unless a job has committed it in the meantime.
 */
export function leftoversContract(openStore: OpenStore): void {
  const bench = storeBench(openStore);
  /** Lists the leftovers. `refs` are images of jobs that were ended from outside. */
  const found = async (...refs: DestinationRef[]): Promise<Leftover[]> => {
    async function* ended() {
      yield* refs;
    }
    const leftovers: Leftover[] = [];
    for await (const leftover of bench.store.leftovers(ended())) leftovers.push(leftover);
    return leftovers;
  };

  test('an unfinished image is found with its mark, its bytes and its age', async () => {
    const ref = bench.ref(DATA);
    const before = Date.now() - 2000;
    await bench.prepare(ref, DATA);
    await fillImage(bench.store, ref, DATA, 2);
    const [leftover, ...others] = await found(ref);
    expect(others).toEqual([]);
    expect(leftover).toMatchObject({ kind: 'image in the making', mark: ref.mark, abandonedAfter: null });
    expect(leftover?.place).toContain(ref.image_id);
    expect(leftover?.bytes).toBeGreaterThanOrEqual(DATA.length);
    expect(leftover?.changed.getTime()).toBeGreaterThan(before);
    expect(await leftover?.remove()).toBe(true);
    expect(await bench.current.traces()).toEqual([]);
  });

  test('a whole image and a missing image are no leftovers', async () => {
    const [whole, never] = [bench.ref(DATA), bench.ref(DATA)];
    await bench.make(whole, DATA);
    await bench.current.addImage(DATA);
    expect(await found(whole, never)).toEqual([]);
  });

  test('an image that was committed after the list was made is not removed', async () => {
    const ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
    await fillImage(bench.store, ref, DATA, 2);
    const [leftover] = await found(ref);
    await bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
    expect(await leftover?.remove()).toBe(false);
    expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
  });

  test('an image that is committed during the list is not removed', async () => {
    const refs = [bench.ref(DATA), bench.ref(DATA)].toSorted((a, b) => (a.image_id < b.image_id ? -1 : 1));
    for (const ref of refs) {
      await bench.prepare(ref, DATA);
      await fillImage(bench.store, ref, DATA, 2);
    }
    const [first, last] = refs;
    if (first === undefined || last === undefined) throw new Error('there are two images');
    async function* ended() {
      yield* refs;
    }
    const leftovers = bench.store.leftovers(ended())[Symbol.asyncIterator]();
    expect((await leftovers.next()).value).toMatchObject({ mark: first.mark });
    // The list is made in pages, so the store may have looked at this image already.
    await bench.store.commit(committing(last, DATA), LAST, copyFor(last, DATA));
    for (let next = await leftovers.next(); !next.done; next = await leftovers.next())
      expect(await next.value.remove()).toBe(false);
    expect((await bench.data(last.image_id)).equals(DATA)).toBe(true);
  });
}
