import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestsOf } from '../../src/image/index.ts';
import { KIB } from '../../src/memory/index.ts';
import type { DigestPool } from '../../src/transfer/index.ts';
import { digestsOfBytes } from '../stores/store-under-test.ts';
import { until, untilStill } from '../support/until.ts';
import { streamRig } from './stream-rig.ts';
import { failureOf, MIB } from './transfer-rig.ts';
import { expectEachDigestCompared } from './wrong-digests.ts';

/** The bytes that an upload holds back until everything is verified. */
const RESERVE = 64 * KIB;

test.each([0, 1, RESERVE, RESERVE + 1, 3 * MIB + 77, 30 * MIB + 12_345])(
  'an image of %d bytes is read once and uploaded once, whole',
  async (size) => {
    const data = randomBytes(size);
    const rig = await streamRig(data);
    const { transfer, reader, sink } = await rig.attempt();
    expect(await transfer.finished).toEqual({
      ...digestsOfBytes(data),
      verified_by: 'sha512',
    });
    expect(rig.server.uploads).toHaveLength(1);
    expect(rig.upload().outcome).toBe('whole');
    expect(rig.upload().data().equals(data)).toBe(true);
    expect([reader.bytesRead, transfer.read]).toEqual([size, size]);
    expect(transfer.ledger.ranges).toEqual(size === 0 ? [] : [[0, size]]);
    expect([reader.closed, sink.closed]).toEqual([1, 1]);
  },
);

test.each([1, 2, 3, 5, 7, 64])('the right bytes arrive with %d lanes', async (lanes) => {
  const data = randomBytes(70 * MIB + 1);
  const rig = await streamRig(data);
  const { transfer, reader } = await rig.attempt({ lanes });
  await transfer.finished;
  expect(rig.upload().data().equals(data)).toBe(true);
  expect(reader.asked.flat().every(Number.isInteger)).toBe(true);
});

test("an image that is larger than the copy's memory arrives whole", async () => {
  const data = randomBytes(150 * MIB + 3);
  const rig = await streamRig(data);
  const { transfer, reader } = await rig.attempt({ reads: { chunk: 777_777 } });
  await transfer.finished;
  expect(rig.upload().data().equals(data)).toBe(true);
  expect(reader.bytesRead).toBe(data.length);
});

test('a source is read no farther ahead of a slow destination than there is memory', async () => {
  const open = Promise.withResolvers<void>();
  const data = Buffer.alloc(120 * MIB, 'x');
  const rig = await streamRig(data, { beforePiece: () => open.promise });
  const { transfer, reader } = await rig.attempt();
  await untilStill(() => reader.bytesRead);
  // The bytes in the sockets, and one chunk of each lane, are not in this memory.
  expect(reader.bytesRead).toBeLessThan(80 * MIB);
  // The reader is not asked for parts for which there is no room yet.
  expect(Math.max(...reader.asked.map(([start]) => start))).toBeLessThan(transfer.ledger.bytes + 33 * MIB);
  open.resolve();
  await transfer.finished;
  expect(rig.upload().data().equals(data)).toBe(true);
});

test('a source that should be read in order is read by one lane, range by range without gaps', async () => {
  const data = randomBytes(130 * MIB);
  const rig = await streamRig(data);
  const { transfer, reader } = await rig.attempt({ inOrder: true, spooled: true });
  await transfer.finished;
  expect(rig.upload().data().equals(data)).toBe(true);
  const ends = reader.asked.map(([, end]) => end);
  expect(reader.asked.map(([start]) => start)).toEqual([0, ...ends.slice(0, -1)]);
});

test('an image that the destination already has is neither read nor sent again', async () => {
  const rig = await streamRig(randomBytes(MIB));
  const { transfer, reader, sink } = await rig.attempt({ whole: digestsOf(rig.image) });
  expect(await transfer.finished).toMatchObject({ verified_by: 'sha512' });
  expect(reader.asked).toEqual([]);
  expect(rig.server.uploads).toEqual([]);
  expect(transfer.ledger.ranges).toEqual([[0, MIB]]);
  expect([reader.closed, sink.closed]).toEqual([1, 1]);
});

/** Returns a pool whose digests end only when `ready` has resolved. */
function held(pool: DigestPool, ready: Promise<void>): DigestPool {
  return {
    ...pool,
    create(md5) {
      const digest = pool.create(md5);
      return {
        ...digest,
        finish: async () => {
          await ready;
          return digest.finish();
        },
      };
    },
  };
}

test('the last bytes are not sent before the digest is verified', async () => {
  const ready = Promise.withResolvers<void>();
  const data = randomBytes(10 * MIB);
  const rig = await streamRig(data);
  const { transfer } = await rig.attempt({ digests: held(rig.digests, ready.promise) });
  await until(() => rig.server.uploads.length > 0 && rig.upload().at >= data.length - RESERVE);
  // This waits for two more trickles of bytes.
  const { length } = rig.upload().arrivals;
  await until(() => rig.upload().arrivals.length >= length + 2);
  expect(rig.upload().at).toBeLessThan(data.length - RESERVE + 100);
  expect(transfer.ledger.bytes).toBeLessThanOrEqual(data.length - RESERVE);
  ready.resolve();
  await transfer.finished;
  expect(rig.upload().data().equals(data)).toBe(true);
});

test.each([RESERVE, RESERVE + 1, 10 * MIB])(
  'of %d bytes that differ from the record, the destination never gets all',
  async (size) => {
    const rig = await streamRig(randomBytes(size));
    const attempt = await rig.attempt({ expected: { sha512: 'ab'.repeat(64), md5: null } });
    const failure = await failureOf(attempt);
    expect(failure).toMatchObject({ code: 'digest_mismatch', side: 'source', retryable: false });
    await until(() => rig.server.uploads.every(({ outcome }) => outcome !== 'running'));
    for (const upload of rig.server.uploads) {
      expect(upload.outcome).toBe('broken');
      expect(upload.at).toBeLessThan(size);
    }
    expect([attempt.reader.closed, attempt.sink.closed]).toEqual([1, 1]);
  },
);

test('every known digest is compared, even a weak one next to a strong one', async () => {
  const rig = await streamRig(randomBytes(3 * MIB));
  await expectEachDigestCompared(rig);
});

test.each([true, false])(
  'an image without a sha512 is compared by its md5 (it has an md5: %s)',
  async (has) => {
    const rig = await streamRig(randomBytes(3 * MIB));
    const { sha512, md5 } = digestsOf(rig.image);
    const { transfer } = await rig.attempt({ expected: { sha512: null, md5: has ? md5 : null } });
    expect(await transfer.finished).toEqual({ sha512, md5, verified_by: has ? 'md5' : 'none' });
  },
);
