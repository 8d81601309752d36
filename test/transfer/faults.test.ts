import { randomBytes } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { LAST } from '../stores/store-under-test.ts';
import type { SinkFaults } from '../support/fault-store.ts';
import { type Attempt, failureOf, MIB, transferRig, untilAborted } from './transfer-rig.ts';

const SIZE = 26 * MIB + 777;
const DATA = randomBytes(SIZE);

/** Returns a function that fails the first `times` times. */
function failing(times: number, error: () => Error): () => void {
  let left = times;
  return () => {
    if (left-- > 0) throw error();
  };
}

test.each<[string, () => Error]>([
  ['with a known code', () => new StoreError('unavailable', 'come again')],
  ['of an unknown kind', () => new TypeError('fetch failed')],
])('a source error %s is retried within the attempt, and is shown until then', async (_what, error) => {
  const rig = await transferRig(DATA);
  const fail = failing(3, error);
  const shown: unknown[] = [];
  let asked = 0;
  const attempt: Attempt = await rig.attempt({
    // A fault is shown only until something moves. With a second lane, bytes would still move.
    lanes: 1,
    reads: {
      beforeChunk: (at) => {
        if (at !== 10 * MIB) return;
        if (asked++ > 0) shown.push(attempt.transfer.fault);
        fail();
      },
    },
  });
  expect((await attempt.transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(attempt.reader.asked.filter(([start]) => start === 10 * MIB)).toHaveLength(3);
  expect(attempt.reader.bytesRead).toBe(SIZE);
  const fault = expect.objectContaining({ code: 'unavailable', side: 'source' });
  expect(shown.slice(-2)).toEqual([fault, fault]);
  expect(attempt.transfer.fault).toBeNull();
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('a part that fails in the middle goes on from there: no byte is read twice', async () => {
  const rig = await transferRig(DATA);
  const fail = failing(2, () => new StoreError('unavailable', 'come again'));
  const { transfer, reader } = await rig.attempt({
    lanes: 1,
    reads: { chunk: 500_000, beforeChunk: (at) => void (at > 13_000_000 && fail()) },
  });
  await transfer.finished;
  expect(reader.bytesRead).toBe(SIZE);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('a connection that breaks after it has brought many bytes is replaced at once', async () => {
  const rig = await transferRig(DATA);
  const brokenAt = new Map<number, number>();
  const gaps: number[] = [];
  const breaking = (at: number) => {
    if (at % (2 * MIB) !== 0 || at === 0) return;
    const broken = brokenAt.get(at);
    if (broken !== undefined) {
      gaps.push(performance.now() - broken);
      return;
    }
    brokenAt.set(at, performance.now());
    throw new StoreError('unavailable', 'the connection was cut');
  };
  const { transfer } = await rig.attempt({ lanes: 1, reads: { beforeChunk: breaking } });
  await transfer.finished;
  const [shortest = Number.NaN] = gaps.sort((a, b) => a - b);
  expect(gaps.length).toBeGreaterThan(3);
  expect(shortest).toBeLessThan(100);
});

test('a destination error that passes is retried within the attempt', async () => {
  const rig = await transferRig(DATA);
  const fail = failing(2, () => new StoreError('unavailable', 'come again'));
  const { transfer } = await rig.attempt({
    writes: {
      write: async (call, [start]) => {
        if (start === 9 * MIB) fail();
        await call();
      },
    },
  });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test.each(['changed', 'not_found', 'forbidden'] as const)(
  'if the source is %s, all lanes end at once, and the reader and the sink are closed once',
  async (code) => {
    const rig = await transferRig(DATA);
    const attempt = await rig.attempt({
      reads: {
        beforeChunk: async (at, signal) => {
          if (at === 16 * MIB) throw new StoreError(code, 'no more');
          if (at >= 8 * MIB) await untilAborted(signal);
        },
      },
    });
    expect(await failureOf(attempt)).toMatchObject({ code, side: 'source', message: 'no more' });
    const { reader, sink } = attempt;
    expect(reader.asked.length).toBeLessThanOrEqual(4);
    expect([reader.closed, sink.closed, sink.tooLate]).toEqual([1, 1, 0]);
  },
);

test('a source that ends early at the same byte three times is truncated', async () => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({ lanes: 1, reads: { end: 10 * MIB } });
  expect(await failureOf(attempt)).toMatchObject({ code: 'truncated', side: 'source' });
  expect(attempt.reader.asked.filter(([start]) => start === 10 * MIB)).toHaveLength(2);
});

test('after an answer that ends early, the next request goes on from there: no byte is read twice', async () => {
  const rig = await transferRig(DATA);
  const end = failing(2, () => new StoreError('truncated', 'the answer ends here'));
  const { transfer, reader } = await rig.attempt({
    lanes: 1,
    reads: { beforeChunk: (at) => void (at === 10 * MIB && end()) },
  });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(reader.bytesRead).toBe(SIZE);
});

test('a source that is truncated during the copy is reported as changed', async () => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({
    lanes: 1,
    reads: {
      beforeChunk: async (at) => {
        if (at === 5 * MIB) await truncate(rig.source.store.locate(rig.image.id), 6 * MIB);
      },
    },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'changed', side: 'source', retryable: false });
});

const full = async () => {
  throw new StoreError('quota_exceeded', 'full');
};
/** Returns a hook of a sink that fails from an offset on. The sink passes it a range or an offset. */
const fullFrom = (offset: number) => async (call: () => Promise<void>, where: unknown) => {
  const start = Array.isArray(where) ? where[0] : where;
  return start >= offset ? full() : call();
};

test.each<[keyof SinkFaults, SinkFaults]>([
  ['write', { write: fullFrom(9 * MIB) }],
  ['complete', { complete: fullFrom(8 * MIB) }],
  ['flush', { flush: full }],
])('a destination that fails in %s is named as the side at fault', async (_call, writes) => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({ writes });
  expect(await failureOf(attempt)).toMatchObject({ code: 'quota_exceeded', side: 'destination' });
  expect([attempt.reader.closed, attempt.sink.closed, attempt.sink.tooLate]).toEqual([1, 1, 0]);
});

test('a destination that cannot read back the bytes of an earlier attempt is named as the side at fault', async () => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({ reported: [[0, 8 * MIB]], writes: { readBack: fullFrom(3 * MIB) } });
  expect(await failureOf(attempt)).toMatchObject({ code: 'quota_exceeded', side: 'destination' });
  expect([attempt.reader.closed, attempt.sink.closed, attempt.sink.tooLate]).toEqual([1, 1, 0]);
});

test('an unexpected error of the destination counts as unavailable', async () => {
  const rig = await transferRig(DATA);
  const flush = () => Promise.reject(new TypeError('x is not a function'));
  const failure = await failureOf(await rig.attempt({ writes: { flush } }));
  expect(failure).toMatchObject({ code: 'unavailable', side: 'destination', retryable: true });
  expect(failure.message).not.toContain('x is not a function');
});

test('an attempt that is superseded ends with a conflict, and does not disturb the next one', async () => {
  const rig = await transferRig(DATA);
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const zombie = await rig.attempt({
    reads: {
      beforeChunk: (at) => {
        if (at < 2 * MIB) return;
        reached.resolve();
        return held.promise;
      },
    },
  });
  await reached.promise;
  const next = await rig.attempt();
  held.resolve();
  expect(await failureOf(zombie)).toMatchObject({ code: 'conflict', side: 'destination' });
  expect((await next.transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('a copy ends if its image is discarded in the meantime', async () => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({
    lanes: 1,
    reads: {
      beforeChunk: (at) => (at === 4 * MIB ? rig.destination.store.discard(rig.ref, LAST) : undefined),
    },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'not_found', side: 'destination' });
  expect(await rig.destination.traces()).toEqual([]);
});

test('if a digest thread has died, the transfer ends and does not hang', {
  timeout: 10_000,
}, async () => {
  const rig = await transferRig(DATA);
  const attempt = await rig.attempt({
    writes: {
      write: async (call, [start]) => {
        if (start === 9 * MIB) await rig.digests.close();
        await call();
      },
    },
  });
  await expect(attempt.transfer.finished).rejects.toThrow();
  expect([attempt.reader.closed, attempt.sink.closed]).toEqual([1, 1]);
});
