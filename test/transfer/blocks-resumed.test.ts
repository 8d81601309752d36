/** Tests copies to blocks that an earlier attempt has begun, and the reading back of their images. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { blocksRig } from './blocks-rig.ts';
import { failureOf, MIB, untilAborted } from './transfer-rig.ts';

const SIZE = 30 * MIB + 4321;
const DATA = randomBytes(SIZE);
const BLOCK = 2 * MIB;
const BLOCKS = 16;

test('after a stop, the next attempt reads only the missing blocks, and reads the whole image back', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  const hanging = Promise.withResolvers<void>();
  const first = await rig.attempt({
    blocks: {
      put: async (call, [start], signal) => {
        if (start === 4 * BLOCK) {
          hanging.resolve();
          await untilAborted(signal);
        }
        await call();
      },
    },
  });
  await hanging.promise;
  await first.transfer.stop();
  const there = rig.server.put.length;
  const second = await rig.attempt();
  expect(await second.transfer.finished).toMatchObject({ sha512: rig.image.os_hash_value });
  expect(rig.server.put).toHaveLength(BLOCKS);
  expect(second.reader.bytesRead).toBe(SIZE - first.transfer.ledger.bytes);
  expect([there > 0, rig.server.bytesReadBack]).toEqual([true, SIZE]);
});

test('a wrong block of an earlier attempt counts as lost, and a new start succeeds', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  await rig.server.sink().put([0, BLOCK], Buffer.alloc(BLOCK, 'z'), new AbortController().signal);
  const attempt = await rig.attempt();
  expect(await failureOf(attempt)).toMatchObject({ code: 'lost', side: 'destination' });
  expect([rig.server.resets, rig.server.isWhole]).toEqual([1, false]);
  const { transfer, reader } = await rig.attempt({ reported: [[0, BLOCK]] });
  await transfer.finished;
  expect(reader.bytesRead).toBe(SIZE);
  expect(rig.server.data.equals(DATA)).toBe(true);
});

test('an image that has all its blocks is read back, and the source is not read', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  await (await rig.attempt()).transfer.finished;
  const { transfer, reader } = await rig.attempt();
  expect(await transfer.finished).toMatchObject({ sha512: rig.image.os_hash_value });
  expect([reader.asked, rig.server.bytesReadBack]).toEqual([[], SIZE]);
});

test('while an image is read back, the copy does not count as standing still', async () => {
  const rig = await blocksRig(DATA, BLOCK);
  await (await rig.attempt()).transfer.finished;
  const began = Date.now();
  const { transfer } = await rig.attempt({
    movedAt: began - 7_200_000,
    blocks: {
      readBack: async (call, offset) => {
        if (offset >= 8 * MIB) throw new StoreError('unavailable', 'come again');
        await call();
      },
    },
  });
  expect(await failureOf({ transfer })).toMatchObject({ code: 'unavailable', retryable: true });
  expect(transfer.movedAt).toBeGreaterThanOrEqual(began);
  expect([transfer.ledger.moved, transfer.ledger.hashed > 0]).toEqual([0, true]);
});
