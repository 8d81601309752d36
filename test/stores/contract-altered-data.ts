import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ByteRange, digestsOf } from '../../src/image/index.ts';
import { openingReaders } from './open-readers.ts';
import { storeBench } from './store-bench.ts';
import { type AlterableStore, codeOf, type OpenStore, readAll } from './store-under-test.ts';

const SIZE = 3_500_000;
const DATA = randomBytes(SIZE);

/**
 * Defines tests for stores in which the data of an image can be altered. A copy MUST read one version of the
 * data, never a mixture.
 */
export function alteredDataContract(name: string, openStore: OpenStore<AlterableStore>): void {
  describe(`${name} store whose data is altered`, () => {
    const bench = storeBench(openStore);
    const { openedImage } = openingReaders(bench, DATA);

    test.each(['alterData', 'replaceData'] as const)(
      'after %s an old pin is refused with `changed`',
      async (how) => {
        const { id } = await bench.current.addImage(DATA);
        const { pin } = await bench.store.inspect(bench.own(id));
        await bench.current[how](id);
        expect(await codeOf(bench.store.openReader(bench.own(id), pin))).toBe('changed');
        expect((await bench.store.inspect(bench.own(id))).pin).not.toBe(pin);
      },
    );

    test('a reader that is opened without a check notices changed data when it reads or checks', async () => {
      const { id } = await bench.current.addImage(DATA);
      const { pin } = await bench.store.inspect(bench.own(id));
      await bench.current.alterData(id);
      const open = async () => {
        const reader = await bench.store.openReader(bench.own(id), pin, { checksLater: true });
        onTestFinished(() => reader.close());
        return reader;
      };
      expect(await codeOf(open().then((reader) => readAll(reader, [0, SIZE])))).toBe('changed');
      const checked = open().then(async (reader) => {
        await (reader.check === undefined ? readAll(reader, [0, SIZE]) : reader.check());
      });
      expect(await codeOf(checked)).toBe('changed');
    });

    test('a reader of data that is altered in the meantime fails with `changed`', async () => {
      const { id, reader } = await openedImage();
      await bench.current.alterData(id);
      expect(await codeOf(readAll(reader, [0, SIZE]))).toBe('changed');
    });

    test('a reader of data that is replaced in the meantime fails with `changed`, or still reads the old data', async () => {
      const { id, reader } = await openedImage();
      await bench.current.replaceData(id);
      const code = await codeOf(readAll(reader, [0, SIZE]));
      expect(['changed', 'success']).toContain(code);
      if (code === 'success') expect((await readAll(reader, [0, SIZE])).equals(DATA)).toBe(true);
    });

    test('data that was only touched still counts as the same if its digest is known', async () => {
      const { id } = await bench.current.addImage(DATA);
      const { record, pin } = await bench.store.inspect(bench.own(id));
      await bench.current.touchData(id);
      expect(await codeOf(bench.store.openReader(bench.own(id), pin))).toBe('changed');
      for (const digests of [digestsOf(record), { sha512: null, md5: record.checksum }]) {
        const reader = await bench.store.openReader(bench.own(id), pin, { digests });
        onTestFinished(() => reader.close());
        expect((await readAll(reader, [5, SIZE])).equals(DATA.subarray(5))).toBe(true);
      }
    });

    test('a reader of data that is touched in the meantime reads on if the digest is known', async () => {
      const { id } = await bench.current.addImage(DATA);
      const { record, pin } = await bench.store.inspect(bench.own(id));
      const reader = await bench.store.openReader(bench.own(id), pin, { digests: digestsOf(record) });
      onTestFinished(() => reader.close());
      const untouched = await readAll(reader, [0, 9]);
      await bench.current.touchData(id);
      const ranges: ByteRange[] = Array.from({ length: 4 }, (_, n) => [9 + n, SIZE]);
      const read = await Promise.all(ranges.map((range) => readAll(reader, range)));
      for (const [n, bytes] of read.entries()) expect(bytes.equals(DATA.subarray(9 + n))).toBe(true);
      expect(untouched.equals(DATA.subarray(0, 9))).toBe(true);
    });

    test.each(['alterData', 'replaceData'] as const)(
      'after %s the digest reveals the change, also to a reader that was open before',
      async (how) => {
        const { id } = await bench.current.addImage(DATA);
        const { record, pin } = await bench.store.inspect(bench.own(id));
        const reader = await bench.store.openReader(bench.own(id), pin, { digests: digestsOf(record) });
        onTestFinished(() => reader.close());
        await bench.current[how](id);
        const opened = bench.store.openReader(bench.own(id), pin, { digests: digestsOf(record) });
        expect(await codeOf(opened)).toBe('changed');
        // The reader may still read the old file after the file was replaced.
        const bytes = await readAll(reader, [0, SIZE]).catch((error) => error.code);
        expect(bytes === 'changed' || DATA.equals(bytes)).toBe(true);
      },
    );

    test('a read beyond the end of the data fails with `truncated`', async () => {
      const { reader } = await openedImage();
      expect(await codeOf(readAll(reader, [SIZE - 10, SIZE + 10]))).toBe('truncated');
      expect((await readAll(reader, [SIZE - 10, SIZE])).equals(DATA.subarray(SIZE - 10))).toBe(true);
    });
  });
}
