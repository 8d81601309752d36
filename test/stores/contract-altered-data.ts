import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openingReaders } from './open-readers.ts';
import { storeBench } from './store-bench.ts';
import { type AlterableStore, codeOf, type OpenStore, readAll } from './store-under-test.ts';

const SIZE = 3_500_000;
const DATA = randomBytes(SIZE);

/**
 * For stores in which data can be altered under an image: what a copy reads is one version, never a blend.
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

    test('a read beyond the end of the data is truncated', async () => {
      const { reader } = await openedImage();
      expect(await codeOf(readAll(reader, [SIZE - 10, SIZE + 10]))).toBe('truncated');
      expect((await readAll(reader, [SIZE - 10, SIZE])).equals(DATA.subarray(SIZE - 10))).toBe(true);
    });
  });
}
