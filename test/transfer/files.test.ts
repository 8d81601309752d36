import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestsOfBytes } from '../stores/store-under-test.ts';
import { failureOf, MIB, transferRig } from './transfer-rig.ts';
import { expectEachDigestCompared } from './wrong-digests.ts';

test.each([0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 33 * MIB + 12_345])(
  'an image of %d bytes arrives whole, is read once, and has its digest',
  async (size) => {
    const data = randomBytes(size);
    const rig = await transferRig(data);
    const { transfer, reader, sink } = await rig.attempt();
    expect(await transfer.finished).toEqual({
      ...digestsOfBytes(data),
      verified_by: 'sha512',
    });
    expect(reader.bytesRead).toBe(size);
    expect(transfer.ledger.ranges).toEqual(size === 0 ? [] : [[0, size]]);
    expect(transfer.ledger.moved).toBe(size);
    expect(transfer.fault).toBeNull();
    expect([reader.closed, sink.closed, sink.tooLate]).toEqual([1, 1, 0]);
    expect((await rig.commit()).equals(data)).toBe(true);
  },
);

test.each([1, 2, 64])('the right bytes arrive with %d lanes', async (lanes) => {
  const data = randomBytes(26 * MIB + 1);
  const rig = await transferRig(data);
  const { transfer } = await rig.attempt({ lanes });
  await transfer.finished;
  expect((await rig.commit()).equals(data)).toBe(true);
});

test('written bytes are not read back from the destination if they fit in memory', async () => {
  const rig = await transferRig(randomBytes(26 * MIB + 1));
  const readBack: number[] = [];
  const { transfer } = await rig.attempt({
    writes: { readBack: async (_call, at) => void readBack.push(at) },
  });
  await transfer.finished;
  expect(readBack).toEqual([]);
});

test('a digest that is too far behind reads bytes back, and the right bytes arrive', async () => {
  const data = randomBytes(80 * MIB + 1);
  const rig = await transferRig(data);
  const first = Promise.withResolvers<void>();
  const readBack: number[] = [];
  const attempt = await rig.attempt({
    reads: {
      // The first part comes after all others. There is not enough memory to keep the others until then.
      beforeChunk: (at) => (at < 8 * MIB ? first.promise : undefined),
    },
    writes: {
      complete: async (call) => {
        await call();
        if (attempt.transfer.ledger.bytes > 72 * MIB) first.resolve();
      },
      readBack: async (call, at) => {
        readBack.push(at);
        await call();
      },
    },
  });
  expect((await attempt.transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(readBack.length).toBeGreaterThan(0);
  expect((await rig.commit()).equals(data)).toBe(true);
});

test('as many parts are read at the same time as there are lanes, and no more', async () => {
  const rig = await transferRig(Buffer.alloc(48 * MIB, 'x'));
  const parts = new Set<number>();
  const held = Promise.withResolvers<void>();
  const { transfer, reader } = await rig.attempt({
    lanes: 3,
    reads: {
      beforeChunk: async (at) => {
        parts.add(at);
        if (parts.size === 3) held.resolve();
        await held.promise;
      },
    },
  });
  await held.promise;
  expect(reader.asked).toHaveLength(3);
  await transfer.finished;
  expect(reader.asked).toHaveLength(6);
});

test('a source may send chunks of any size', async () => {
  const data = randomBytes(9 * MIB + 77);
  const rig = await transferRig(data);
  const { transfer } = await rig.attempt({ reads: { chunk: 54_321 } });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect((await rig.commit()).equals(data)).toBe(true);
});

test.each([true, false])(
  'an image without a sha512 gets that of the copied bytes, and is compared by its md5 (it has an md5: %s)',
  async (has) => {
    const data = randomBytes(1000);
    const rig = await transferRig(data);
    const digests = digestsOfBytes(data);
    const md5 = has ? digests.md5 : null;
    const { transfer } = await rig.attempt({ expected: { sha512: null, md5 } });
    expect(await transfer.finished).toEqual({ ...digests, md5, verified_by: has ? 'md5' : 'none' });
  },
);

test('an md5 other than the expected one is a mismatch', async () => {
  const rig = await transferRig(randomBytes(1000));
  const attempt = await rig.attempt({ expected: { sha512: null, md5: 'ab'.repeat(16) } });
  expect(await failureOf(attempt)).toMatchObject({ code: 'digest_mismatch', side: 'source' });
});

test('every known digest is compared, even a weak one next to a strong one', async () => {
  const rig = await transferRig(randomBytes(1000));
  await expectEachDigestCompared(rig);
});

test('zeros of the source take no disk space at the destination', async () => {
  const data = Buffer.alloc(40 * MIB);
  randomBytes(MIB).copy(data, 17 * MIB);
  const rig = await transferRig(data);
  const { transfer } = await rig.attempt();
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect((await rig.commit()).equals(data)).toBe(true);
  const { blocks } = await stat(join(rig.destination.root, rig.ref.image_id, 'data'));
  expect(blocks * 512).toBeLessThan(4 * MIB);
});

test('two transfers share the digest thread, and each gets its own digest', async () => {
  const [one, two] = await Promise.all([
    transferRig(randomBytes(9 * MIB)),
    transferRig(randomBytes(9 * MIB)),
  ]);
  const { digests } = one;
  const attempts = [await one.attempt({ digests }), await two.attempt({ digests })];
  const results = await Promise.all(attempts.map(({ transfer }) => transfer.finished));
  expect(results.map(({ sha512 }) => sha512)).toEqual([one.image.os_hash_value, two.image.os_hash_value]);
});
