import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { committing, copyFor, fillImage } from './make-image.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, LAST, type OpenStore, type StoreTraits } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);
const SIZE = DATA.length;

export function preparationContract(openStore: OpenStore, traits: StoreTraits): void {
  const bench = storeBench(openStore);

  test('a prepare may be repeated', async () => {
    const ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
    await bench.prepare(ref, DATA);
    await (await bench.store.openSink(ref, 1, SIZE)).close();
  });

  test('several prepares may run at the same time, because an attempt may outlive its timeout', async () => {
    const ref = bench.ref(DATA);
    await Promise.all(Array.from({ length: 4 }, () => bench.prepare(ref, DATA)));
    await (await bench.store.openSink(ref, 1, SIZE)).close();
  });

  test.each(['a', 'b'] as const)(
    'a prepare refuses the id of an image of tenant %s, and leaves the image as it is',
    async (tenant) => {
      const { id } = await bench.current.addImage(DATA, { owner: bench.current.tenants[tenant] });
      const before = await bench.current.traces();
      const ref = bench.ref(DATA, { image_id: id });
      // The store may not see an image of another tenant. The image then looks like one that was removed.
      const error = tenant === 'b' ? traits.usedIdError : 'conflict';
      expect(await codeOf(bench.prepare(ref, DATA))).toBe(error);
      expect(await codeOf(bench.store.openSink(ref, 1, SIZE))).toBe('not_found');
      expect(await bench.listed(tenant)).toEqual([id]);
      expect(await bench.current.traces()).toEqual(before);
    },
  );

  test('a prepare refuses the id of an image that another job is making, and leaves that image as it is', async () => {
    const first = bench.ref(DATA);
    const second = bench.ref(DATA, { image_id: first.image_id });
    await bench.prepare(first, DATA);
    await fillImage(bench.store, first, DATA);
    expect(await codeOf(bench.prepare(second, DATA))).toBe('conflict');
    await bench.store.discard(second, LAST);
    await bench.store.commit(committing(first, DATA), LAST, copyFor(first, DATA));
    expect((await bench.data(first.image_id)).equals(DATA)).toBe(true);
  });

  test('if several jobs reserve an id at the same time, one gets it and the others get a conflict', async () => {
    const image_id = randomUUID();
    const refs = Array.from({ length: 6 }, () => bench.ref(DATA, { image_id }));
    const codes = await Promise.all(refs.map((ref) => codeOf(bench.prepare(ref, DATA))));
    expect([...codes].sort()).toEqual([...Array(5).fill('conflict'), 'success']);
    for (const [n, ref] of refs.entries()) {
      if (codes[n] !== 'success') await bench.store.discard(ref, LAST);
    }
    const [winner = bench.ref(DATA)] = refs.filter((_ref, n) => codes[n] === 'success');
    await (await bench.store.openSink(winner, 1, SIZE)).close();
  });

  test('a prepare after the commit leaves the image as it is', async () => {
    const ref = bench.ref(DATA);
    await bench.make(ref, DATA);
    const before = await bench.current.traces();
    expect(['success', 'conflict']).toContain(await codeOf(bench.prepare(ref, DATA)));
    expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
    expect(await bench.current.traces()).toEqual(before);
  });

  test('without a prepare an image can be neither opened nor committed', async () => {
    const ref = bench.ref(DATA);
    expect(await codeOf(bench.store.openSink(ref, 1, SIZE))).toBe('not_found');
    expect(await codeOf(bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA)))).toBe(
      'not_found',
    );
    expect(await bench.current.traces()).toEqual([]);
  });

  test.each(['', '..', '../x', 'a/b', 'a\0b', ...(traits.freeIds ? [] : ['wanted', '0'.repeat(32)])])(
    'no image is made with an impossible id (%j)',
    async (id) => {
      const ref = bench.ref(DATA, { image_id: id });
      expect(['invalid_image', 'not_found']).toContain(await codeOf(bench.prepare(ref, DATA)));
      expect(await codeOf(bench.store.openSink(ref, 1, SIZE))).not.toBe('success');
      expect(await codeOf(bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA)))).not.toBe(
        'success',
      );
      expect(await bench.current.traces()).toEqual([]);
    },
  );

  test.runIf(traits.freeIds)('an id of 32 hexadecimal digits is accepted like a UUID', async () => {
    const ref = bench.ref(DATA, { image_id: randomBytes(16).toString('hex') });
    await bench.make(ref, DATA);
    expect(await bench.listed()).toEqual([ref.image_id]);
  });
}
