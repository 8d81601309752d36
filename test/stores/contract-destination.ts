import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  anyone,
  codeOf,
  dataOf,
  listed,
  makeImage,
  newRef,
  type OpenStore,
  recordOf,
  type StoreUnderTest,
} from './store-under-test.ts';

const DATA = randomBytes(2_500_000);
const SIZE = DATA.length;

export function destinationContract(openStore: OpenStore): void {
  let it: StoreUnderTest;
  beforeEach(async () => {
    it = await openStore();
  });
  afterEach(() => it.close());

  test('what is being made is not an image yet', async () => {
    const ref = newRef();
    await it.store.prepare(ref, SIZE);
    const sink = await it.store.openSink(ref, 1, SIZE);
    await sink.write(0, DATA);
    await sink.flush();
    await sink.close();
    expect(await listed(it.store)).toEqual([]);
    expect(await codeOf(it.store.inspect(anyone(ref.image_id)))).toBe('not_found');
  });

  test('commit makes an image of it, with its record and its bytes', async () => {
    const ref = newRef();
    const record = await makeImage(it.store, ref, DATA);
    expect((await it.store.inspect(anyone(ref.image_id))).record).toEqual(record);
    expect((await dataOf(it.store, ref.image_id)).equals(DATA)).toBe(true);
    expect(await listed(it.store, 'tenant-a')).toEqual([ref.image_id]);
    expect(await listed(it.store, 'tenant-b')).toEqual([]);
  });

  test('an image of no bytes is an image', async () => {
    const ref = newRef();
    await makeImage(it.store, ref, Buffer.alloc(0));
    expect((await it.store.inspect(anyone(ref.image_id))).record.size).toBe(0);
    expect(await dataOf(it.store, ref.image_id)).toHaveLength(0);
  });

  test('zeros are bytes like others', async () => {
    const ref = newRef();
    const data = Buffer.concat([Buffer.alloc(1_500_000), Buffer.from('x'), Buffer.alloc(1_500_000)]);
    await makeImage(it.store, ref, data);
    expect((await dataOf(it.store, ref.image_id)).equals(data)).toBe(true);
  });

  test('an id of 32 hexadecimal digits is as good as a UUID', async () => {
    const ref = newRef({ image_id: randomBytes(16).toString('hex') });
    await makeImage(it.store, ref, DATA);
    expect(await listed(it.store)).toEqual([ref.image_id]);
  });

  test('prepare may be repeated, and keeps what was written meanwhile', async () => {
    const ref = newRef();
    await it.store.prepare(ref, SIZE);
    await it.store.prepare(ref, SIZE);
    const sink = await it.store.openSink(ref, 1, SIZE);
    await sink.write(0, DATA);
    await it.store.prepare(ref, SIZE);
    const back = Buffer.alloc(SIZE);
    await sink.readBack(0, back);
    expect(back.equals(DATA)).toBe(true);
    await sink.close();
  });

  test('prepare may run twice at the same time: an attempt may outlive its time-out', async () => {
    const ref = newRef();
    await Promise.all(Array.from({ length: 4 }, () => it.store.prepare(ref, SIZE)));
    await (await it.store.openSink(ref, 1, SIZE)).close();
  });

  test('prepare refuses the id of an image, and leaves the image as it is', async () => {
    const { id } = await it.addImage(DATA);
    const before = await it.traces();
    const ref = newRef({ image_id: id });
    expect(await codeOf(it.store.prepare(ref, 10))).toBe('conflict');
    expect(await codeOf(it.store.openSink(ref, 1, 10))).toBe('not_found');
    expect((await dataOf(it.store, id)).equals(DATA)).toBe(true);
    expect(await it.traces()).toEqual(before);
  });

  test('prepare refuses the id that another job is making, and leaves that as it is', async () => {
    const first = newRef();
    const second = newRef({ image_id: first.image_id });
    await it.store.prepare(first, SIZE);
    const sink = await it.store.openSink(first, 1, SIZE);
    await sink.write(0, DATA);
    expect(await codeOf(it.store.prepare(second, 10))).toBe('conflict');
    await it.store.discard(second);
    await sink.flush();
    await sink.close();
    await it.store.commit(first, recordOf(DATA, { id: first.image_id }));
    expect((await dataOf(it.store, first.image_id)).equals(DATA)).toBe(true);
  });

  test('of the jobs that reserve an id at the same time one gets it, and the others are told so', async () => {
    const refs = Array.from({ length: 6 }, () => newRef({ image_id: 'wanted' }));
    const codes = await Promise.all(refs.map((ref) => codeOf(it.store.prepare(ref, SIZE))));
    expect([...codes].sort()).toEqual([...Array(5).fill('conflict'), 'success']);
    for (const [n, ref] of refs.entries()) {
      if (codes[n] !== 'success') await it.store.discard(ref);
    }
    const winner = refs[codes.indexOf('success')] ?? newRef();
    await (await it.store.openSink(winner, 1, SIZE)).close();
  });

  test('prepare after commit leaves the image as it is', async () => {
    const ref = newRef();
    await makeImage(it.store, ref, DATA);
    const before = await it.traces();
    expect(['success', 'conflict']).toContain(await codeOf(it.store.prepare(ref, SIZE)));
    expect((await dataOf(it.store, ref.image_id)).equals(DATA)).toBe(true);
    expect(await it.traces()).toEqual(before);
  });

  test('only prepare creates: without it there is nothing to open or to commit', async () => {
    const ref = newRef();
    expect(await codeOf(it.store.openSink(ref, 1, SIZE))).toBe('not_found');
    expect(await codeOf(it.store.commit(ref, recordOf(DATA, { id: ref.image_id })))).toBe('not_found');
    expect(await it.traces()).toEqual([]);
  });

  test("nobody opens or commits what bears another job's mark", async () => {
    const ref = newRef();
    const other = newRef({ image_id: ref.image_id });
    await it.store.prepare(ref, SIZE);
    expect(await codeOf(it.store.openSink(other, 1, SIZE))).toBe('not_found');
    expect(await codeOf(it.store.commit(other, recordOf(DATA, { id: ref.image_id })))).toBe('not_found');
    expect(await listed(it.store)).toEqual([]);
  });

  test('commit may be repeated', async () => {
    const ref = newRef();
    const record = await makeImage(it.store, ref, DATA);
    await it.store.commit(ref, record);
    await it.store.commit(ref, record);
    expect((await it.store.inspect(anyone(ref.image_id))).record).toEqual(record);
    expect((await dataOf(it.store, ref.image_id)).equals(DATA)).toBe(true);
  });

  test("another job's commit does not touch a committed image", async () => {
    const ref = newRef();
    const record = await makeImage(it.store, ref, DATA);
    const other = newRef({ image_id: ref.image_id });
    expect(['not_found', 'conflict']).toContain(
      await codeOf(it.store.commit(other, { ...record, name: 'x' })),
    );
    expect((await it.store.inspect(anyone(ref.image_id))).record).toEqual(record);
  });

  test.each(['', '..', '../x', 'a/b', 'a\0b'])('an id that cannot be one is never made (%j)', async (id) => {
    const ref = newRef({ image_id: id });
    expect(['invalid_image', 'not_found']).toContain(await codeOf(it.store.prepare(ref, SIZE)));
    expect(await codeOf(it.store.openSink(ref, 1, SIZE))).not.toBe('success');
    expect(await codeOf(it.store.commit(ref, recordOf(DATA, { id })))).not.toBe('success');
    expect(await it.traces()).toEqual([]);
  });
}
