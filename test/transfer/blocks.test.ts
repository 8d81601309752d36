import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import type { DigestPool } from '../../src/transfer/index.ts';
import { untilStill } from '../support/until.ts';
import { blocksRig } from './blocks-rig.ts';
import { failureOf, MIB, untilAborted } from './transfer-rig.ts';
import { expectEachDigestCompared } from './wrong-digests.ts';

const SIZE = 30 * MIB + 4321;
const DATA = randomBytes(SIZE);
const BLOCK = 2 * MIB;
const LANES = 4;
const BLOCKS = 16;

test.each([1, 2, 3, 4, 8, 40])(
  '%d lanes put each block once, and the blocks make the whole image',
  async (lanes) => {
    const rig = await blocksRig(DATA, BLOCK);
    const { transfer, reader } = await rig.attempt({ lanes });
    expect(await transfer.finished).toMatchObject({ sha512: rig.image.os_hash_value, verified_by: 'sha512' });
    expect(rig.server.isWhole).toBe(true);
    expect(rig.server.put).toHaveLength(BLOCKS);
    expect(rig.server.data.equals(DATA)).toBe(true);
    expect([reader.bytesRead, transfer.ledger.bytes, rig.server.bytesReadBack]).toEqual([SIZE, SIZE, 0]);
  },
);

test('every known digest is compared, even a weak one next to a strong one', async () => {
  const rig = await blocksRig(DATA.subarray(0, BLOCK + 1), BLOCK);
  await expectEachDigestCompared(rig);
});

test.each([1, BLOCK - 1, BLOCK, BLOCK + 1])('an image of %d bytes arrives whole', async (size) => {
  const rig = await blocksRig(DATA.subarray(0, size), BLOCK);
  await (await rig.attempt()).transfer.finished;
  expect(rig.server.data.equals(DATA.subarray(0, size))).toBe(true);
});

test('the flush of an empty image makes an image', async () => {
  const rig = await blocksRig(Buffer.alloc(0), BLOCK);
  await (await rig.attempt()).transfer.finished;
  expect([rig.server.isWhole, rig.server.put]).toEqual([true, []]);
});

test('a source that can only be read in order is read by one lane', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  const read: number[] = [];
  const { transfer } = await rig.attempt({
    inOrder: true,
    reads: { beforeChunk: (at) => void read.push(at) },
  });
  await transfer.finished;
  expect(read).toEqual([...read].sort((a, b) => a - b));
});

test('while a put hangs, no more is read than fits in memory', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  const release = Promise.withResolvers<void>();
  const { transfer, reader } = await rig.attempt({
    blocks: {
      put: async (call, [start]) => {
        if (start === 0) await release.promise;
        await call();
      },
    },
  });
  await untilStill(() => reader.bytesRead);
  // Each lane reads a chunk before it finds that there is no room for it.
  expect(reader.bytesRead).toBeLessThanOrEqual(2 * LANES * BLOCK + LANES * MIB);
  expect(transfer.ledger.bytes).toBeGreaterThan(0);
  release.resolve();
  await transfer.finished;
  expect(rig.server.data.equals(DATA)).toBe(true);
});

test('while the digest is behind, no more is read than fits in memory', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  const release = Promise.withResolvers<void>();
  const digests: DigestPool = {
    ...rig.digests,
    create(others) {
      const digest = rig.digests.create(others);
      return {
        ...digest,
        update: async (bytes) => {
          await release.promise;
          return digest.update(bytes);
        },
        // The pool calls this after the last update.
        finish: async () => {
          await release.promise;
          return digest.finish();
        },
      };
    },
  };
  const { transfer, reader } = await rig.attempt({ digests });
  await untilStill(() => reader.bytesRead);
  // The digest still holds three MiB.
  expect(reader.bytesRead).toBeLessThanOrEqual(2 * LANES * BLOCK + LANES * MIB + 3 * MIB);
  release.resolve();
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(rig.server.data.equals(DATA)).toBe(true);
});

test('a put with a fault that may pass is repeated, and nothing is read again', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  let left = 3;
  const { transfer, reader } = await rig.attempt({
    blocks: {
      put: async (call, [start]) => {
        if (start === BLOCK && left-- > 0) throw new StoreError('unavailable', 'not now');
        await call();
      },
    },
  });
  await transfer.finished;
  expect([left, reader.bytesRead, rig.server.put.length]).toEqual([-1, SIZE, BLOCKS]);
  expect(rig.server.data.equals(DATA)).toBe(true);
});

test('a put that stalls is repeated, and nothing is read again', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  let left = 2;
  const { transfer, reader } = await rig.attempt({
    patience: { stall_after: 200, give_up_after: 60_000 },
    blocks: {
      put: async (call, [start], signal) => {
        if (start === BLOCK && left-- > 0) await untilAborted(signal);
        await call();
      },
    },
  });
  await transfer.finished;
  expect([left, reader.bytesRead, rig.server.put.length]).toEqual([-1, SIZE, BLOCKS]);
  expect(rig.server.data.equals(DATA)).toBe(true);
});

test('a put that fails for good ends the transfer, with the destination as the side at fault', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  const attempt = await rig.attempt({
    blocks: { put: () => Promise.reject(new StoreError('quota_exceeded', 'full')) },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'quota_exceeded', side: 'destination' });
  expect([rig.server.isWhole, rig.server.resets, attempt.reader.closed]).toEqual([false, 0, 1]);
});

test('if the destination has lost blocks, all of them are discarded, and the next attempt starts over', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  const attempt = await rig.attempt({
    blocks: {
      put: async (call, [start]) => {
        if (start === 5 * BLOCK) throw new StoreError('lost', 'the upload is gone');
        await call();
      },
    },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'lost', side: 'destination', retryable: true });
  expect([rig.server.resets, attempt.transfer.ledger.bytes]).toEqual([1, 0]);
  const next = await rig.attempt();
  await next.transfer.finished;
  expect(next.reader.bytesRead).toBe(SIZE);
});

test('blocks that differ from the record are never joined, and are discarded', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  let flushed = false;
  const attempt = await rig.attempt({
    expected: { sha512: 'ab'.repeat(64), md5: null },
    blocks: {
      flush: async (call) => {
        flushed = true;
        await call();
      },
    },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'digest_mismatch', side: 'source' });
  expect([flushed, rig.server.resets, attempt.transfer.ledger.bytes]).toEqual([false, 2, 0]);
});

test('an image is moved even if memory holds only two blocks at a time', async () => {
  const block = 80 * MIB;
  const data = Buffer.alloc(block * 2 + 5, 'large');
  const rig = await blocksRig(data, block);
  const release = Promise.withResolvers<void>();
  const { transfer, reader } = await rig.attempt({
    blocks: {
      put: async (call) => {
        await release.promise;
        await call();
      },
    },
  });
  await untilStill(() => reader.bytesRead);
  expect(reader.bytesRead).toBeLessThanOrEqual(2 * block + 2 * MIB);
  release.resolve();
  await transfer.finished;
  expect(rig.server.data.equals(data)).toBe(true);
});
