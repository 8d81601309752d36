import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { failureOf, MIB, transferRig } from './transfer-rig.ts';

const DATA = randomBytes(34 * MIB);

test('a stop waits for the writes in flight, and for nothing else', async () => {
  const rig = await transferRig(DATA);
  const [inFlight, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const attempt = await rig.attempt({
    lanes: 2,
    reads: { beforeChunk: (at) => (at === 8 * MIB ? new Promise(() => {}) : undefined) },
    writes: {
      write: async (call, [start]) => {
        if (start === 3 * MIB) {
          inFlight.resolve();
          await held.promise;
        }
        await call();
      },
    },
  });
  const { transfer, reader, sink } = attempt;
  await inFlight.promise;
  let stopped = false;
  const stopping = transfer.stop().then(() => {
    stopped = true;
  });
  await new Promise(setImmediate);
  expect(stopped).toBe(false);
  held.resolve();
  await stopping;
  expect(sink.written).toEqual([0, 1, 2, 3].map((n) => [n * MIB, (n + 1) * MIB]));
  expect([reader.closed, sink.closed, sink.tooLate]).toEqual([1, 1, 0]);
  expect((await failureOf(attempt)).message).toBe('the transfer was stopped');
});

test('a stop ends a copy whose source sends nothing', async () => {
  const rig = await transferRig(DATA);
  const reached = Promise.withResolvers<void>();
  const { transfer, sink } = await rig.attempt({
    reads: {
      beforeChunk: () => {
        reached.resolve();
        return new Promise(() => {});
      },
    },
  });
  await reached.promise;
  const began = Date.now();
  await transfer.stop();
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(sink.closed).toBe(1);
});

test('a stop ends a copy that pauses after a fault', async () => {
  const rig = await transferRig(DATA);
  const tried = Promise.withResolvers<void>();
  let tries = 0;
  const { transfer } = await rig.attempt({
    reads: {
      beforeChunk: () => {
        if (++tries > 8) tried.resolve();
        throw new TypeError('fetch failed');
      },
    },
  });
  await tried.promise;
  await transfer.stop();
  await expect(transfer.finished).rejects.toThrow('stopped');
});

test('after a stop, the ledger has exactly the ranges that the destination has', async () => {
  const rig = await transferRig(DATA);
  const reached = Promise.withResolvers<void>();
  let chunks = 0;
  const { transfer, sink } = await rig.attempt({
    reads: {
      chunk: 300_000,
      beforeChunk: () => {
        if (++chunks === 30) reached.resolve();
      },
    },
  });
  await reached.promise;
  await transfer.stop();
  const bytes = await rig.partial();
  expect(transfer.ledger.bytes).toBe(sink.written.reduce((sum, [start, end]) => sum + end - start, 0));
  for (const [start, end] of transfer.ledger.ranges) {
    expect(bytes.subarray(start, end).equals(DATA.subarray(start, end))).toBe(true);
  }
});

test('a stop may be repeated, and changes nothing after the end of the copy', async () => {
  const rig = await transferRig(randomBytes(1000));
  const { transfer, reader, sink } = await rig.attempt();
  const result = await transfer.finished;
  await transfer.stop();
  await transfer.stop();
  expect(await transfer.finished).toEqual(result);
  expect([reader.closed, sink.closed]).toEqual([1, 1]);
});

test('after a stop right at the start, the next attempt makes the copy', async () => {
  const rig = await transferRig(DATA);
  const first = await rig.attempt();
  await first.transfer.stop();
  await expect(first.transfer.finished).rejects.toThrow('stopped');
  const second = await rig.attempt({ reported: first.transfer.ledger.ranges });
  expect((await second.transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});
