import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { committing, copyFor, fillImage } from './make-image.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, LAST, type OpenStore, type StoreTraits } from './store-under-test.ts';

const DATA = randomBytes(2_500_000);
const SIZE = DATA.length;

export function destinationContract(openStore: OpenStore, traits: StoreTraits): void {
  const bench = storeBench(openStore);
  const recordIn = async (imageId: string) => (await bench.store.inspect(bench.own(imageId))).record;

  test('the store has room for an image', async () => {
    await bench.store.checkRoom?.(bench.current.tenants.a, SIZE);
  });

  test('an unfinished image cannot be seen, even if it has all its bytes', async () => {
    const ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
    expect(await bench.listed()).toEqual([]);
    await fillImage(bench.store, ref, DATA);
    expect(await bench.listed()).toEqual([]);
    expect(await codeOf(bench.store.inspect(bench.own(ref.image_id)))).toBe('not_found');
  });

  test('a commit makes an image with its record and its bytes', async () => {
    const ref = bench.ref(DATA);
    const record = await bench.make(ref, DATA);
    expect(await recordIn(ref.image_id)).toEqual({ ...record, created_at: expect.any(String) });
    expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
    expect(await bench.listed('a')).toEqual([ref.image_id]);
    expect(await bench.listed('b')).toEqual([]);
  });

  test.runIf(traits.emptyImages)('an image may be empty', async () => {
    const nothing = Buffer.alloc(0);
    const ref = bench.ref(nothing);
    await bench.make(ref, nothing);
    expect((await recordIn(ref.image_id)).size).toBe(0);
    expect(await bench.data(ref.image_id)).toHaveLength(0);
  });

  test('zeros are kept like other bytes', async () => {
    const data = Buffer.concat([Buffer.alloc(1_500_000), Buffer.from('x'), Buffer.alloc(1_500_000)]);
    const ref = bench.ref(data);
    await bench.make(ref, data);
    expect((await bench.data(ref.image_id)).equals(data)).toBe(true);
  });

  test("a job can neither open nor commit an image with another job's mark", async () => {
    const ref = bench.ref(DATA);
    const other = bench.ref(DATA, { image_id: ref.image_id });
    await bench.prepare(ref, DATA);
    await fillImage(bench.store, ref, DATA);
    expect(await codeOf(bench.store.openSink(other, 1, SIZE))).toBe('not_found');
    expect(await codeOf(bench.store.commit(committing(other, DATA), LAST, copyFor(ref, DATA)))).toBe(
      'not_found',
    );
    expect(await bench.listed()).toEqual([]);
  });

  test('a commit may be repeated', async () => {
    const ref = bench.ref(DATA);
    const record = await bench.make(ref, DATA);
    const made = await recordIn(ref.image_id);
    await bench.store.commit(committing(ref, DATA), LAST, record);
    await bench.store.commit(committing(ref, DATA), LAST, record);
    expect(await recordIn(ref.image_id)).toEqual(made);
    expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
  });

  test('a commit by another job with other data does not change a committed image', async () => {
    const ref = bench.ref(DATA);
    const record = await bench.make(ref, DATA);
    const made = await recordIn(ref.image_id);
    const data = randomBytes(SIZE);
    const other = committing(bench.ref(data, { image_id: ref.image_id }), data);
    expect(['not_found', 'conflict']).toContain(
      await codeOf(bench.store.commit(other, LAST, { ...record, name: 'x' })),
    );
    expect(await recordIn(ref.image_id)).toEqual(made);
  });

  test('a committed image can no longer be opened as a sink', async () => {
    const ref = bench.ref(DATA);
    await bench.make(ref, DATA);
    expect(['not_found', 'conflict']).toContain(await codeOf(bench.store.openSink(ref, 2, SIZE)));
  });
}
