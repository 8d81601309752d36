import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ByteRange } from '../../src/image/index.ts';
import { openingReaders } from './open-readers.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, listed, type OpenStore, readAll, type StoreTraits } from './store-under-test.ts';

const SIZE = 3_500_000;
const DATA = randomBytes(SIZE);

export function sourceContract(openStore: OpenStore, traits: StoreTraits): void {
  const bench = storeBench(openStore);
  const { openedImage } = openingReaders(bench, DATA);

  test('the store can be used', async () => {
    await bench.store.check();
  });

  test("inspect returns the image's record as it is", async () => {
    const record = await bench.current.addImage(DATA);
    expect((await bench.store.inspect(bench.own(record.id))).record).toEqual(record);
  });

  test('inspecting the same data twice gives the same pin', async () => {
    const { id } = await bench.current.addImage(DATA);
    const [first, second] = [
      await bench.store.inspect(bench.own(id)),
      await bench.store.inspect(bench.own(id)),
    ];
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
  ])('an impossible id is not found (%j)', async (id) => {
    await bench.current.addImage(DATA);
    expect(await codeOf(bench.store.inspect(bench.own(id)))).toBe('not_found');
    expect(await codeOf(bench.store.openReader(bench.own(id), 'pin'))).toBe('not_found');
  });

  test('a pin of other data is refused with `changed`', async () => {
    const { id } = await bench.current.addImage(DATA);
    const { id: otherId } = await bench.current.addImage(randomBytes(SIZE));
    const { pin } = await bench.store.inspect(bench.own(otherId));
    expect(await codeOf(bench.store.openReader(bench.own(id), pin))).toBe('changed');
  });

  test("another tenant's image is not found, like a missing one", async () => {
    const { id } = await bench.current.addImage(DATA);
    const { b } = bench.current.tenants;
    const refused = (image_id: string) => refusal(bench.store.inspect({ image_id, tenant_id: b }));
    const [other, absent] = [await refused(id), await refused('absent')];
    expect(other).toMatchObject({ code: 'not_found' });
    expect(other.message.replaceAll(id, 'absent')).toBe(absent.message);
    expect(await bench.listed('b')).toEqual([]);
  });

  test('every tenant finds a public image', async () => {
    const open = await bench.current.addImage(DATA, { visibility: 'public' });
    const own = await bench.current.addImage(DATA);
    const { b } = bench.current.tenants;
    const { record } = await bench.store.inspect({ image_id: open.id, tenant_id: b });
    expect(record).toEqual(open);
    expect(await bench.listed('b')).toEqual([open.id]);
    expect(await bench.listed('a')).toEqual([open.id, own.id].sort());
  });

  test.runIf(traits.operators)('an operator finds every image', async () => {
    const { a, b } = bench.current.tenants;
    const [one, other] = [
      await bench.current.addImage(DATA, { owner: a }),
      await bench.current.addImage(DATA, { owner: b }),
    ];
    const { record } = await bench.store.inspect({ image_id: other.id, tenant_id: null });
    expect(record).toEqual(other);
    expect(await listed(bench.store)).toEqual([one.id, other.id].sort());
  });

  test.each(['queued', 'deactivated'] as const)(
    'an image that is %s is refused as not active',
    async (status) => {
      const { id } = await bench.current.addImage(DATA, { status });
      expect(await codeOf(bench.store.inspect(bench.own(id)))).toBe('not_active');
    },
  );

  test.each<ByteRange>([
    [0, SIZE],
    [0, 1],
    [SIZE - 1, SIZE],
    [1_048_575, 1_048_577],
    [1_000_001, 3_333_333],
    [7, 7],
  ])('a read from %d to %d returns exactly these bytes', async (start, end) => {
    const { reader } = await openedImage();
    expect((await readAll(reader, [start, end])).equals(DATA.subarray(start, end))).toBe(true);
  });

  test('reads at the same time do not disturb each other', async () => {
    const { reader } = await openedImage();
    const ranges = Array.from({ length: 8 }, (_, n): ByteRange => [n * 100_000, SIZE - n * 50_000]);
    const all = await Promise.all(ranges.map((range) => readAll(reader, range)));
    for (const [n, [start, end]] of ranges.entries()) {
      expect(all[n]?.equals(DATA.subarray(start, end))).toBe(true);
    }
  });

  test('a chunk stays intact until the next one is asked for, whatever others read', async () => {
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

  test('a read that is abandoned does not disturb the next one', async () => {
    const { reader } = await openedImage();
    for await (const _chunk of reader.read([0, SIZE], new AbortController().signal)) break;
    expect((await readAll(reader, [0, SIZE])).equals(DATA)).toBe(true);
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

/** Reads what an open request still returns, until the abort takes effect. */
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
