import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { UnusableImage } from '../../src/stores/image-store.ts';
import { storeBench } from './store-bench.ts';
import { type AlterableStore, listed, type OpenStore } from './store-under-test.ts';
import { UNUSABLE_RECORDS } from './unusable-records.ts';

const DATA = randomBytes(100_000);

/** Defines tests for stores that keep the record of an image as JSON, which others can write. */
export function recordsContract(name: string, openStore: OpenStore<AlterableStore>): void {
  describe(`${name} store with records that others have written`, () => {
    const bench = storeBench(openStore);

    test.each(UNUSABLE_RECORDS)(
      'a record that %s makes the image invalid, and the error names the image and the field',
      async (_what, make, named) => {
        const { id } = await bench.current.addImage(DATA);
        await bench.current.putRecord(id, make(DATA));
        const refused = await bench.store.inspect(bench.own(id)).catch((error) => error);
        expect(refused).toMatchObject({ code: 'invalid_image', retryable: false });
        expect(refused.message).toContain(id);
        expect(refused.message).toContain(named);
        expect(refused.message.length).toBeLessThan(500);
        const others = await bench.current.addImage(DATA);
        const unusable: UnusableImage[] = [];
        const found: string[] = [];
        for await (const image of bench.store.images(null, (one) => unusable.push(one))) found.push(image.id);
        expect(found).toEqual([others.id]);
        expect(unusable).toMatchObject([{ id, fault: { code: 'invalid_image' } }]);
        expect(await listed(bench.store)).toEqual([others.id]);
      },
    );

    test('an unknown field is left out', async () => {
      const record = await bench.current.addImage(DATA);
      const more = { location: 'file:///etc/passwd', deep: [[[[]]]] };
      await bench.current.putRecord(record.id, JSON.stringify({ ...record, ...more }));
      expect((await bench.store.inspect(bench.own(record.id))).record).toEqual(record);
    });

    test('a record may have a sha256', async () => {
      const record = await bench.current.addImage(DATA, {
        os_hash_algo: 'sha256',
        os_hash_value: 'ab'.repeat(32),
      });
      expect((await bench.store.inspect(bench.own(record.id))).record).toEqual(record);
    });

    test.each([
      ['longer', -1, 'invalid_image'],
      ['shorter', 1, 'truncated'],
    ] as const)(
      'data that is %s than its record says is a final error that names the image, with or without a digest',
      async (_what, difference, code) => {
        for (const os_hash_value of [undefined, null]) {
          const { id } = await bench.current.addImage(DATA, {
            size: DATA.length + difference,
            ...(os_hash_value === null && { os_hash_algo: null, os_hash_value, checksum: null }),
          });
          const message = expect.stringContaining(`size: image ${id} has ${DATA.length} bytes`);
          await expect(bench.store.inspect(bench.own(id))).rejects.toMatchObject({
            code,
            message,
            retryable: false,
          });
        }
      },
    );
  });
}
