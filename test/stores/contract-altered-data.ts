import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ByteRange, digestsOf } from '../../src/image/index.ts';
import { openingReaders } from './open-readers.ts';
import { storeBench } from './store-bench.ts';
import { type AlterableStore, codeOf, type OpenStore, readAll } from './store-under-test.ts';

const SIZE = 3_500_000;
const DATA = randomBytes(SIZE);

/**
 * Defines tests for stores in which the data of an image can be altered: a copy reads one version, never a
 * blend.
 */
export function alteredDataContract(name: string, openStore: OpenStore<AlterableStore>): void {
  describe(`${name} store, with data that is altered`, () => {
    const bench = storeBench(openStore);
    const { openedImage } = openingReaders(bench, DATA);

    test.each(['alterData', 'replaceData'] as const)(
      'after %s a pin opens nothing: it has changed',
      async (how) => {
        const { id } = await bench.current.addImage(DATA);
        const { pin } = await bench.store.inspect(bench.own(id));
        await bench.current[how](id);
        expect(await codeOf(bench.store.openReader(bench.own(id), pin))).toBe('changed');
        expect((await bench.store.inspect(bench.own(id))).pin).not.toBe(pin);
      },
    );

    test('data that is altered under a reader has changed', async () => {
      const { id, reader } = await openedImage();
      await bench.current.alterData(id);
      expect(await codeOf(readAll(reader, [0, SIZE]))).toBe('changed');
    });

    test('data that is replaced under a reader has changed, or is still read as it was', async () => {
      const { id, reader } = await openedImage();
      await bench.current.replaceData(id);
      const code = await codeOf(readAll(reader, [0, SIZE]));
      expect(['changed', 'success']).toContain(code);
      if (code === 'success') expect((await readAll(reader, [0, SIZE])).equals(DATA)).toBe(true);
    });

    test('data that was only touched is the same where its digest is known', async () => {
      const { id } = await bench.current.addImage(DATA);
      const { record, pin } = await bench.store.inspect(bench.own(id));
      await bench.current.touchData(id);
      expect(await codeOf(bench.store.openReader(bench.own(id), pin))).toBe('changed');
      for (const digests of [digestsOf(record), { sha512: null, md5: record.checksum }]) {
        const reader = await bench.store.openReader(bench.own(id), pin, digests);
        onTestFinished(() => reader.close());
        expect((await readAll(reader, [5, SIZE])).equals(DATA.subarray(5))).toBe(true);
      }
    });

    test('data that is touched under a reader is the same where its digest is known', async () => {
      const { id } = await bench.current.addImage(DATA);
      const { record, pin } = await bench.store.inspect(bench.own(id));
      const reader = await bench.store.openReader(bench.own(id), pin, digestsOf(record));
      onTestFinished(() => reader.close());
      const untouched = await readAll(reader, [0, 9]);
      await bench.current.touchData(id);
      const ranges: ByteRange[] = Array.from({ length: 4 }, (_, n) => [9 + n, SIZE]);
      const read = await Promise.all(ranges.map((range) => readAll(reader, range)));
      for (const [n, bytes] of read.entries()) expect(bytes.equals(DATA.subarray(9 + n))).toBe(true);
      expect(untouched.equals(DATA.subarray(0, 9))).toBe(true);
    });

    test.each(['alterData', 'replaceData'] as const)(
      'after %s the digest finds out that data has changed, also under a reader',
      async (how) => {
        const { id } = await bench.current.addImage(DATA);
        const { record, pin } = await bench.store.inspect(bench.own(id));
        const reader = await bench.store.openReader(bench.own(id), pin, digestsOf(record));
        onTestFinished(() => reader.close());
        await bench.current[how](id);
        const opened = bench.store.openReader(bench.own(id), pin, digestsOf(record));
        expect(await codeOf(opened)).toBe('changed');
        // A file that was replaced may still be read as it was.
        const bytes = await readAll(reader, [0, SIZE]).catch((error) => error.code);
        expect(bytes === 'changed' || DATA.equals(bytes)).toBe(true);
      },
    );

    test('a read beyond the end of the data is truncated', async () => {
      const { reader } = await openedImage();
      expect(await codeOf(readAll(reader, [SIZE - 10, SIZE + 10]))).toBe('truncated');
      expect((await readAll(reader, [SIZE - 10, SIZE])).equals(DATA.subarray(SIZE - 10))).toBe(true);
    });
  });
}
