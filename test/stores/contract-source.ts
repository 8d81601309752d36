import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ByteRange } from '../../src/image/index.ts';
import type { PartReader } from '../../src/stores/index.ts';
import { anyone, codeOf, listed, type OpenStore, readAll, type StoreUnderTest } from './store-under-test.ts';

const SIZE = 3_500_000;
const DATA = randomBytes(SIZE);

export function sourceContract(openStore: OpenStore): void {
  let it: StoreUnderTest;
  const readers: PartReader[] = [];
  beforeEach(async () => {
    it = await openStore();
  });
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await it.close();
  });

  async function opened(imageId: string, pin: string): Promise<PartReader> {
    const reader = await it.store.openReader(anyone(imageId), pin);
    readers.push(reader);
    return reader;
  }

  async function openedImage(fields = {}) {
    const { id } = await it.addImage(DATA, fields);
    const { pin } = await it.store.inspect(anyone(id));
    return { id, pin, reader: await opened(id, pin) };
  }

  test('it can be used', async () => {
    await it.store.check();
  });

  test("inspect gives the image's record as it is", async () => {
    const record = await it.addImage(DATA);
    expect((await it.store.inspect({ image_id: record.id, tenant_id: 'tenant-a' })).record).toEqual(record);
  });

  test('inspect of the same data gives the same pin', async () => {
    const { id } = await it.addImage(DATA);
    const [first, second] = [await it.store.inspect(anyone(id)), await it.store.inspect(anyone(id))];
    expect(first.pin).toBe(second.pin);
  });

  test.each([
    '6f1d0b86-0000-4000-8000-000000000000',
    '6f1d0b86000040008000000000000000',
    '',
    '.',
    '..',
    '../x',
    '/etc/passwd',
    'a/b',
    'a\0b',
    'ü',
    'x'.repeat(300),
  ])('an id that no image has is not found (%j)', async (id) => {
    await it.addImage(DATA);
    expect(await codeOf(it.store.inspect(anyone(id)))).toBe('not_found');
    expect(await codeOf(it.store.openReader(anyone(id), 'pin'))).toBe('not_found');
  });

  test("another tenant's image is not found, as if it were not there", async () => {
    const { id } = await it.addImage(DATA, { owner: 'tenant-a', visibility: 'private' });
    const refused = (image_id: string) => refusal(it.store.inspect({ image_id, tenant_id: 'tenant-b' }));
    const [other, absent] = [await refused(id), await refused('absent')];
    expect(other).toMatchObject({ code: 'not_found' });
    expect(other.message.replaceAll(id, 'absent')).toBe(absent.message);
    expect(await listed(it.store, 'tenant-b')).toEqual([]);
  });

  test('everybody finds a public image, and an operator finds every image', async () => {
    const open = await it.addImage(DATA, { visibility: 'public' });
    const own = await it.addImage(DATA, { owner: 'tenant-a' });
    expect((await it.store.inspect({ image_id: open.id, tenant_id: 'tenant-b' })).record.id).toBe(open.id);
    expect((await it.store.inspect(anyone(own.id))).record.id).toBe(own.id);
    expect(await listed(it.store, 'tenant-b')).toEqual([open.id]);
    expect(await listed(it.store, 'tenant-a')).toEqual([open.id, own.id].sort());
    expect(await listed(it.store)).toEqual([open.id, own.id].sort());
  });

  test.each(['queued', 'deactivated'] as const)('an image that is %s is not active', async (status) => {
    const { id } = await it.addImage(DATA, { status });
    expect(await codeOf(it.store.inspect(anyone(id)))).toBe('not_active');
  });

  test.each<ByteRange>([
    [0, SIZE],
    [0, 1],
    [SIZE - 1, SIZE],
    [1_048_575, 1_048_577],
    [1_000_001, 3_333_333],
    [7, 7],
  ])('a read from %d to %d gives exactly these bytes', async (start, end) => {
    const { reader } = await openedImage();
    expect((await readAll(reader, [start, end])).equals(DATA.subarray(start, end))).toBe(true);
  });

  test('reads at the same time do not get into each other', async () => {
    const { reader } = await openedImage();
    const ranges = Array.from({ length: 8 }, (_, n): ByteRange => [n * 100_000, SIZE - n * 50_000]);
    const all = await Promise.all(ranges.map((range) => readAll(reader, range)));
    for (const [n, [start, end]] of ranges.entries()) {
      expect(all[n]?.equals(DATA.subarray(start, end))).toBe(true);
    }
  });

  test("a chunk is the caller's until the next one is asked for, whoever else reads", async () => {
    const { reader } = await openedImage();
    await readAll(reader, [0, SIZE]);
    let at = 0;
    for await (const chunk of reader.read([0, SIZE], new AbortController().signal)) {
      await readAll(reader, [500, 2_000_000]);
      expect(DATA.subarray(at, at + chunk.length).equals(chunk)).toBe(true);
      at += chunk.length;
    }
    expect(at).toBe(SIZE);
  });

  test('a read that is left in the middle does no harm to the next', async () => {
    const { reader } = await openedImage();
    for await (const _chunk of reader.read([0, SIZE], new AbortController().signal)) break;
    expect((await readAll(reader, [0, SIZE])).equals(DATA)).toBe(true);
  });

  test.each(['alterData', 'replaceData'] as const)(
    'after %s a pin opens nothing: it has changed',
    async (how) => {
      const { id } = await it.addImage(DATA);
      const { pin } = await it.store.inspect(anyone(id));
      await it[how](id);
      expect(await codeOf(it.store.openReader(anyone(id), pin))).toBe('changed');
      expect((await it.store.inspect(anyone(id))).pin).not.toBe(pin);
    },
  );

  test('data that is altered under a reader has changed', async () => {
    const { id, reader } = await openedImage();
    await it.alterData(id);
    expect(await codeOf(readAll(reader, [0, SIZE]))).toBe('changed');
  });

  test('data that is replaced under a reader has changed, or is still read as it was', async () => {
    const { id, reader } = await openedImage();
    await it.replaceData(id);
    const code = await codeOf(readAll(reader, [0, SIZE]));
    expect(['changed', 'success']).toContain(code);
    if (code === 'success') expect((await readAll(reader, [0, SIZE])).equals(DATA)).toBe(true);
  });

  test('data that ends before its announced size is truncated', async () => {
    const { reader } = await openedImage({ size: SIZE + 10 });
    expect(await codeOf(readAll(reader, [SIZE - 10, SIZE + 10]))).toBe('truncated');
    expect((await readAll(reader, [SIZE - 10, SIZE])).equals(DATA.subarray(SIZE - 10))).toBe(true);
  });

  test("an abort ends a read with the signal's reason", async () => {
    const { reader } = await openedImage();
    const reason = new Error('enough');
    const abort = new AbortController();
    const chunks = reader.read([0, SIZE], abort.signal)[Symbol.asyncIterator]();
    await chunks.next();
    abort.abort(reason);
    await expect(drain(chunks)).rejects.toBe(reason);
    const late = reader.read([0, SIZE], abort.signal)[Symbol.asyncIterator]();
    await expect(late.next()).rejects.toBe(reason);
  });
}

/** What an open request still brings may be read first; then the abort has to show. */
async function drain(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  while (!(await chunks.next()).done);
}

async function refusal(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('the call was not refused');
}
