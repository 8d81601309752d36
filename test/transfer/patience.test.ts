import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { failureOf, MIB, transferRig, untilAborted } from './transfer-rig.ts';

const DATA = randomBytes(18 * MIB + 5);

const unavailable = () => new StoreError('unavailable', 'come again');

test.each<[string, (signal: AbortSignal) => Promise<void>]>([
  ['stops when it is told to', untilAborted],
  ['goes on hanging', () => new Promise(() => {})],
])('a part that stalls is read again from where it stopped (its reader %s)', async (_what, stall) => {
  const rig = await transferRig(DATA);
  let stalls = 1;
  const { transfer, reader } = await rig.attempt({
    patience: { stall_after: 300, give_up_after: 60_000 },
    reads: {
      beforeChunk: async (at, signal) => {
        if (at === 10 * MIB && stalls-- > 0) await stall(signal);
      },
    },
  });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(reader.asked).toContainEqual([8 * MIB, 16 * MIB]);
  expect(reader.asked).toContainEqual([10 * MIB, 16 * MIB]);
  expect(transfer.fault).toBeNull();
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('while a part stalls, the transfer shows a fault of the source', async () => {
  const rig = await transferRig(DATA);
  const second = Promise.withResolvers<void>();
  let tries = 0;
  const { transfer } = await rig.attempt({
    lanes: 1,
    patience: { stall_after: 200, give_up_after: 60_000 },
    reads: {
      beforeChunk: async (_at, signal) => {
        if (++tries > 1) second.resolve();
        await untilAborted(signal);
      },
    },
  });
  await second.promise;
  expect(transfer.fault).toMatchObject({ code: 'unavailable', side: 'source' });
});

test('a source that keeps failing is given up as stalled, but not too early', async () => {
  const rig = await transferRig(DATA);
  const began = Date.now();
  const attempt = await rig.attempt({
    patience: { stall_after: 60_000, give_up_after: 700 },
    reads: {
      beforeChunk: () => {
        throw unavailable();
      },
    },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'stalled', side: 'source', retryable: false });
  expect(Date.now() - began).toBeGreaterThanOrEqual(700);
  expect(attempt.reader.asked.length).toBeGreaterThan(3);
  expect([attempt.reader.closed, attempt.sink.closed]).toEqual([1, 1]);
});

test('a source that falls silent is given up as stalled', async () => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({
    patience: { stall_after: 100, give_up_after: 500 },
    reads: { beforeChunk: () => new Promise(() => {}) },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'stalled', side: 'source' });
});

test('a destination that keeps failing is given up as stalled, and is named as the side at fault', async () => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({
    patience: { stall_after: 60_000, give_up_after: 300 },
    writes: { write: () => Promise.reject(unavailable()) },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'stalled', side: 'destination' });
});

test('a copy that fails after every piece, but makes progress, is never given up', async () => {
  const piece = 64 * 1024;
  const data = randomBytes(12 * piece);
  const rig = await transferRig(data);
  const patience = { stall_after: 60_000, give_up_after: 1500 };
  const began = Date.now();
  let fail = false;
  const { transfer, reader } = await rig.attempt({
    patience,
    reads: {
      chunk: piece,
      beforeChunk: () => {
        fail = !fail;
        if (!fail) throw unavailable();
      },
    },
  });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(Date.now() - began).toBeGreaterThan(patience.give_up_after);
  expect(reader.bytesRead).toBe(data.length);
});

test('a lane that stands still is not given up while another one moves', async () => {
  const rig = await transferRig(DATA);
  const patience = { stall_after: 60_000, give_up_after: 3000 };
  const began = Date.now();
  const { transfer } = await rig.attempt({
    lanes: 2,
    patience,
    reads: {
      beforeChunk: async (at) => {
        if (at < 8 * MIB) return sleep(700);
        if (at === 8 * MIB && Date.now() - began < 1.5 * patience.give_up_after) throw unavailable();
      },
    },
  });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
});

test('a slow destination does not make the source count as stalled', async () => {
  const rig = await transferRig(randomBytes(3 * MIB));
  const { transfer, reader } = await rig.attempt({
    patience: { stall_after: 3000, give_up_after: 60_000 },
    writes: {
      write: async (call, [start]) => {
        if (start === MIB) await sleep(4000);
        await call();
      },
    },
  });
  await transfer.finished;
  expect(reader.asked).toEqual([[0, 3 * MIB]]);
});
