import { randomBytes } from 'node:crypto';
import { appendFile, open, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { ByteRange } from '../../src/image/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { openPartSink } from '../stores/make-image.ts';
import { failureOf, MIB, type TransferRig, transferRig, untilAborted } from './transfer-rig.ts';

const SIZE = 30 * MIB + 4321;
const DATA = randomBytes(SIZE);
const HOURS = 7_200_000;

/** Writes these ranges, like an attempt that then dies. The attempt has noted only the ranges `completed`. */
async function diedAfter(rig: TransferRig, written: ByteRange[], completed: ByteRange[] = []): Promise<void> {
  const sink = await openPartSink(rig.destination.store, rig.ref, 0, SIZE);
  for (const [start, end] of written) await sink.write(start, DATA.subarray(start, end));
  for (const range of completed) await sink.complete(range);
  await sink.close();
}

test('only missing bytes are read if an earlier attempt has reported the rest', async () => {
  const rig = await transferRig(DATA);
  const reported: ByteRange[] = [
    [0, 3 * MIB],
    [8 * MIB, 16 * MIB],
    [20 * MIB, 20 * MIB + 1],
  ];
  await diedAfter(rig, reported);
  const { transfer, reader } = await rig.attempt({ reported });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(reader.bytesRead).toBe(SIZE - 11 * MIB - 1);
  expect(transfer.ledger).toMatchObject({ bytes: SIZE, moved: SIZE - 11 * MIB - 1 });
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('only missing bytes are read if the sink itself has received the rest', async () => {
  const rig = await transferRig(DATA);
  await diedAfter(rig, [[0, 16 * MIB]], [[8 * MIB, 16 * MIB]]);
  const { transfer, reader } = await rig.attempt();
  await transfer.finished;
  expect(reader.bytesRead).toBe(SIZE - 8 * MIB);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('reported ranges and received ranges count together', async () => {
  const rig = await transferRig(DATA);
  await diedAfter(rig, [[0, 24 * MIB]], [[8 * MIB, 24 * MIB]]);
  const { transfer, reader } = await rig.attempt({ reported: [[0, 9 * MIB]] });
  await transfer.finished;
  expect(reader.bytesRead).toBe(SIZE - 24 * MIB);
});

test('without a digest, all bytes are read again except those that are certainly on the disk', async () => {
  const rig = await transferRig(DATA);
  await diedAfter(rig, [[0, 24 * MIB]], [[8 * MIB, 16 * MIB]]);
  await appendFile(join(dirname(rig.partialData), 'parts'), `${16 * MIB} ${24 * MIB}\n`);
  // A power failure may lose bytes that were reported or noted, but not synced.
  await overwrite(rig.partialData, 0, Buffer.alloc(8 * MIB));
  await overwrite(rig.partialData, 16 * MIB, Buffer.alloc(8 * MIB));
  const { transfer, reader } = await rig.attempt({
    expected: { sha512: null, md5: null },
    reported: [[0, 24 * MIB]],
  });
  expect(await transfer.finished).toMatchObject({ sha512: rig.image.os_hash_value, verified_by: 'none' });
  expect(reader.bytesRead).toBe(SIZE - 8 * MIB);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('the source is not read at all if only the digest is missing', async () => {
  const rig = await transferRig(DATA);
  await diedAfter(rig, [[0, SIZE]], [[0, SIZE]]);
  const { transfer, reader } = await rig.attempt();
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(reader.asked).toEqual([]);
});

test('the bytes that a stopped attempt has moved are not moved again', async () => {
  const rig = await transferRig(DATA);
  const middle = Promise.withResolvers<void>();
  let chunks = 0;
  const first = await rig.attempt({ reads: { beforeChunk: () => void (++chunks > 12 && middle.resolve()) } });
  await middle.promise;
  await first.transfer.stop();
  const second = await rig.attempt({ reported: first.transfer.ledger.ranges });
  await second.transfer.finished;
  expect(first.transfer.ledger.moved + second.transfer.ledger.moved).toBe(SIZE);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('bytes that differ from the record are a fault of the source, and are discarded', async () => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({ expected: { sha512: 'ab'.repeat(64), md5: null } });
  expect(await failureOf(attempt)).toMatchObject({
    code: 'digest_mismatch',
    side: 'source',
    retryable: false,
  });
  expect([attempt.reader.closed, attempt.sink.closed, attempt.sink.tooLate]).toEqual([1, 1, 0]);
  await expectForgotten(rig, attempt.transfer.ledger.ranges);
});

test.each<[string, (path: string) => Promise<void>]>([
  ['zeroed', (path) => overwrite(path, 5 * MIB, Buffer.alloc(4096))],
  ['altered', (path) => overwrite(path, 5 * MIB, Buffer.alloc(4096, 'z'))],
  ['cut off', (path) => truncate(path, 5 * MIB)],
])('earlier bytes that the disk has %s count as lost, and a new start succeeds', async (_how, spoil) => {
  const rig = await transferRig(DATA);
  const ranges: ByteRange[] = [[0, 16 * MIB]];
  await diedAfter(rig, ranges, ranges);
  await spoil(rig.partialData);
  // A write at a higher offset would make a truncated file long again before the digest gets there.
  const digested = Promise.withResolvers<void>();
  const attempt = await rig.attempt({
    reported: ranges,
    reads: { beforeChunk: () => digested.promise },
    writes: {
      readBack: async (call, offset) => {
        await call();
        if (offset >= 5 * MIB) digested.resolve();
      },
    },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'lost', side: 'destination', retryable: true });
  await expectForgotten(rig, attempt.transfer.ledger.ranges);
  const { transfer, reader } = await rig.attempt({ reported: attempt.transfer.ledger.ranges });
  await transfer.finished;
  expect(reader.bytesRead).toBe(SIZE);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('while only the digest is missing, the copy does not count as standing still', async () => {
  const rig = await transferRig(DATA);
  await diedAfter(rig, [[0, SIZE]], [[0, SIZE]]);
  const began = Date.now();
  const { transfer } = await rig.attempt({
    movedAt: began - HOURS,
    writes: {
      readBack: async (call, offset) => {
        if (offset === 9 * MIB) throw new StoreError('unavailable', 'come again');
        await call();
      },
    },
  });
  expect(await failureOf({ transfer })).toMatchObject({ code: 'unavailable' });
  expect(transfer.movedAt).toBeGreaterThanOrEqual(began);
});

test('while bytes are missing, a digest that goes on is no progress', async () => {
  const rig = await transferRig(DATA);
  const ranges: ByteRange[] = [[0, 16 * MIB]];
  await diedAfter(rig, ranges, ranges);
  const movedAt = Date.now() - HOURS;
  const hashing = Promise.withResolvers<void>();
  const { transfer } = await rig.attempt({
    movedAt,
    reads: { beforeChunk: (_at, signal) => untilAborted(signal) },
    writes: {
      readBack: async (call, offset) => {
        await call();
        if (offset === 15 * MIB) hashing.resolve();
      },
    },
  });
  await hashing.promise;
  expect([transfer.movedAt, transfer.ledger.hashed]).toEqual([movedAt, 0]);
});

async function expectForgotten(rig: TransferRig, ranges: readonly ByteRange[]): Promise<void> {
  expect(ranges).toEqual([]);
  const sink = await openPartSink(rig.destination.store, rig.ref, 2, SIZE);
  expect(sink.received).toEqual([]);
  await sink.close();
}

async function overwrite(path: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}
