import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  codeOf,
  dataOf,
  listed,
  makeImage,
  newRef,
  type OpenStore,
  recordOf,
  type StoreUnderTest,
} from './store-under-test.ts';

const DATA = randomBytes(1_500_000);
const SIZE = DATA.length;

export function discardContract(openStore: OpenStore): void {
  let it: StoreUnderTest;
  beforeEach(async () => {
    it = await openStore();
  });
  afterEach(() => it.close());

  test('nothing to remove is success', async () => {
    const ref = newRef();
    await it.store.discard(ref);
    await it.store.discard(ref);
    expect(await it.traces()).toEqual([]);
  });

  test.each(['', '..', '../x', 'a/b', 'a\0b'])(
    'an id that cannot be one has nothing to remove (%j)',
    async (id) => {
      const { id: kept } = await it.addImage(DATA);
      await it.store.discard(newRef({ image_id: id }));
      expect(await listed(it.store)).toEqual([kept]);
    },
  );

  test('what was only prepared leaves no trace', async () => {
    const ref = newRef();
    await it.store.prepare(ref, SIZE);
    await it.store.discard(ref);
    expect(await it.traces()).toEqual([]);
    await it.store.discard(ref);
  });

  test('what was written, by several attempts, leaves no trace', async () => {
    const ref = newRef();
    await it.store.prepare(ref, SIZE);
    const first = await it.store.openSink(ref, 1, SIZE);
    await first.write(0, DATA.subarray(0, 1000));
    await first.complete([0, 1000]);
    const second = await it.store.openSink(ref, 2, SIZE);
    await second.write(1000, DATA.subarray(1000));
    await it.store.discard(ref);
    expect(await it.traces()).toEqual([]);
    await Promise.all([first.close(), second.close()]);
    expect(await it.traces()).toEqual([]);
    await it.store.discard(ref);
  });

  test('a committed image of ours leaves no trace', async () => {
    const ref = newRef();
    await makeImage(it.store, ref, DATA);
    await it.store.discard(ref);
    expect(await listed(it.store)).toEqual([]);
    expect(await it.traces()).toEqual([]);
    await it.store.discard(ref);
  });

  test("an image that is not a job's stays", async () => {
    const { id } = await it.addImage(DATA);
    await it.store.discard(newRef({ image_id: id }));
    expect((await dataOf(it.store, id)).equals(DATA)).toBe(true);
  });

  test("another job's image stays, committed or not", async () => {
    const committed = newRef();
    const partial = newRef();
    await makeImage(it.store, committed, DATA);
    await it.store.prepare(partial, SIZE);
    const before = await it.traces();
    await it.store.discard(newRef({ image_id: committed.image_id }));
    await it.store.discard(newRef({ image_id: partial.image_id }));
    expect(await it.traces()).toEqual(before);
    await (await it.store.openSink(partial, 1, SIZE)).close();
  });

  test('an attempt that was given up for dead brings nothing back', async () => {
    const ref = newRef();
    await it.store.prepare(ref, SIZE);
    const zombie = await it.store.openSink(ref, 1, SIZE);
    await it.store.discard(ref);
    expect(await codeOf(zombie.write(0, DATA))).toBe('not_found');
    expect(await codeOf(it.store.openSink(ref, 2, SIZE))).toBe('not_found');
    expect(await codeOf(it.store.commit(ref, recordOf(DATA, { id: ref.image_id })))).toBe('not_found');
    await zombie.close();
    expect(await it.traces()).toEqual([]);
  });

  test("an attempt that was given up for dead writes nothing into the next job's image", async () => {
    const ref = newRef();
    const next = newRef({ image_id: ref.image_id });
    await it.store.prepare(ref, SIZE);
    const zombie = await it.store.openSink(ref, 1, SIZE);
    await it.store.discard(ref);
    await it.store.prepare(next, SIZE);
    const sink = await it.store.openSink(next, 1, SIZE);
    await sink.write(0, DATA);
    await zombie.write(0, Buffer.alloc(SIZE, 'z')).catch(() => {});
    await zombie.reset().catch(() => {});
    const back = Buffer.alloc(SIZE);
    await sink.readBack(0, back);
    expect(back.equals(DATA)).toBe(true);
    await Promise.all([zombie.close(), sink.close()]);
  });

  test('after a discard the id is free again', async () => {
    const ref = newRef();
    await makeImage(it.store, ref, DATA);
    await it.store.discard(ref);
    await makeImage(it.store, newRef({ image_id: ref.image_id }), DATA);
    expect(await listed(it.store)).toEqual([ref.image_id]);
  });
}
