import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testLinks } from '../support/link.ts';
import { until, untilStill } from '../support/until.ts';
import { type StreamRig, streamRig } from './stream-rig.ts';
import { failureOf, MIB, untilAborted } from './transfer-rig.ts';

/** The bytes that an upload holds back until everything is verified. */
const RESERVE = 64 * 1024;
const DATA = randomBytes(12 * MIB + 5);

const never = () => new Promise<void>(() => {});

/** Waits until the upload has sent `read` bytes, except for the reserve. */
async function untilSent(rig: StreamRig, read: number): Promise<void> {
  await until(() => rig.server.uploads.length > 0 && rig.upload().at >= read - RESERVE);
}

test('while the source stalls, the destination gets a few bytes each second, which do not count as progress', async () => {
  const rig = await streamRig(DATA);
  const goOn = Promise.withResolvers<void>();
  const { transfer } = await rig.attempt({
    lanes: 1,
    reads: { beforeChunk: (at) => (at >= 6 * MIB ? goOn.promise : undefined) },
  });
  await untilSent(rig, 6 * MIB);
  const [{ movedAt }, { at, arrivals }] = [transfer, rig.upload()];
  const before = arrivals.length;
  await until(() => rig.upload().arrivals.length >= before + 3);
  const during = rig.upload().arrivals.slice(before - 1);
  const pauses = during.slice(1).map(({ time }, n) => time - (during[n]?.time ?? 0));
  expect(Math.min(...pauses)).toBeLessThan(2000);
  expect(rig.upload().at - at).toBeLessThan(100);
  expect(rig.upload().at).toBeLessThan(6 * MIB);
  expect(transfer.movedAt).toBe(movedAt);
  goOn.resolve();
  await transfer.finished;
  expect(rig.upload().data().equals(DATA)).toBe(true);
  expect(rig.server.uploads).toHaveLength(1);
});

test('a source that fails for a while does not end the upload', async () => {
  const rig = await streamRig(DATA);
  let failures = 4;
  const { transfer, reader } = await rig.attempt({
    lanes: 1,
    reads: {
      beforeChunk: (at) => {
        if (at === 6 * MIB && failures-- > 0) throw new TypeError('fetch failed');
      },
    },
  });
  await transfer.finished;
  expect(rig.server.uploads).toHaveLength(1);
  expect(rig.upload().data().equals(DATA)).toBe(true);
  expect(reader.bytesRead).toBe(DATA.length);
});

test('with one lane, a part that fails for a while is read again, although the window is full', async () => {
  const data = randomBytes(64 * MIB);
  const rig = await streamRig(data);
  let failures = 2;
  const { transfer, reader } = await rig.attempt({
    lanes: 1,
    reads: {
      beforeChunk: (at) => {
        if (at !== 8 * MIB) return;
        // The part goes on failing until the lane has read all other parts for which there is room.
        if (reader.bytesRead < 24 * MIB || failures-- > 0) throw new TypeError('fetch failed');
      },
    },
  });
  await transfer.finished;
  expect(rig.server.uploads).toHaveLength(1);
  expect(rig.upload().data().equals(data)).toBe(true);
});

test('a source that keeps failing is given up as stalled, and leaves the upload unfinished', async () => {
  const rig = await streamRig(DATA);
  const attempt = await rig.attempt({
    patience: { stall_after: 1000, give_up_after: 4000 },
    reads: { beforeChunk: (at, signal) => (at >= 2 * MIB ? untilAborted(signal) : undefined) },
  });
  expect(await failureOf(attempt)).toMatchObject({ code: 'stalled', side: 'source' });
  await until(() => rig.upload().outcome === 'broken');
  expect([attempt.reader.closed, attempt.sink.closed]).toEqual([1, 1]);
});

test('a destination that takes nothing for too long is unavailable, and is named', async () => {
  const rig = await streamRig(randomBytes(40 * MIB), {
    beforePiece: (at) => (at > MIB ? never() : undefined),
  });
  const attempt = await rig.attempt({ patience: { stall_after: 500, give_up_after: 60_000 } });
  const failure = await failureOf(attempt);
  expect(failure).toMatchObject({ code: 'unavailable', side: 'destination', retryable: true });
  expect(failure.message).toContain('taken nothing');
});

test('while the destination takes nothing, the copy holds no lane', async () => {
  const rig = await streamRig(randomBytes(90 * MIB), { beforePiece: never });
  const links = testLinks({ lanes: { min: 4, max: 4 } });
  const link = links.open({ from: 'there', to: undefined, regions: [] });
  const attempt = await rig.attempt({ endpoint: 'there', link });
  await untilStill(() => attempt.reader.bytesRead);
  expect(attempt.reader.bytesRead).toBeGreaterThan(48 * MIB);
  expect(links.lanes()).toMatchObject([{ server: 'there', open: 0 }]);
});

test('a destination that takes bytes slowly is not given up', async () => {
  let next = 0;
  const rig = await streamRig(DATA, {
    beforePiece: async (at) => {
      if (at < next) return;
      next += 4 * MIB;
      await sleep(600);
    },
  });
  const { transfer } = await rig.attempt({ patience: { stall_after: 1200, give_up_after: 60_000 } });
  await transfer.finished;
  expect(rig.upload().data().equals(DATA)).toBe(true);
});

test('a destination that has all bytes and does not answer is given up, and is named', async () => {
  const rig = await streamRig(DATA, { beforeAnswer: never });
  const attempt = await rig.attempt({ patience: { stall_after: 1000, give_up_after: 4000 } });
  const failure = await failureOf(attempt);
  expect(failure).toMatchObject({ code: 'unavailable', side: 'destination' });
  expect(failure.message).toContain('does not answer');
});

test('a destination may take longer to answer than a part may stall', async () => {
  const answer = Promise.withResolvers<void>();
  const rig = await streamRig(DATA, { beforeAnswer: () => answer.promise });
  const { transfer } = await rig.attempt({ patience: { stall_after: 200, give_up_after: 60_000 } });
  await until(() => rig.server.uploads[0]?.outcome === 'whole');
  setTimeout(answer.resolve, 600);
  await transfer.finished;
});

test('a destination that breaks off the connection is unavailable, and is named', async () => {
  const rig = await streamRig(DATA, {
    beforePiece: (at) => {
      if (at > 3 * MIB) throw new Error('broken');
    },
  });
  const attempt = await rig.attempt();
  expect(await failureOf(attempt)).toMatchObject({ code: 'unavailable', side: 'destination' });
  expect([attempt.reader.closed, attempt.sink.closed]).toEqual([1, 1]);
});

test('a stop breaks off the upload, closes both ends once, and may be repeated', async () => {
  const rig = await streamRig(DATA);
  const attempt = await rig.attempt({
    reads: { beforeChunk: (at) => (at >= 6 * MIB ? never() : undefined) },
  });
  await untilSent(rig, 6 * MIB);
  await attempt.transfer.stop();
  await attempt.transfer.stop();
  expect((await failureOf(attempt)).message).toBe('the transfer was stopped');
  await until(() => rig.upload().outcome === 'broken');
  expect([attempt.reader.closed, attempt.sink.closed]).toEqual([1, 1]);
});

test('a stop ends a copy that waits for its destination', async () => {
  const rig = await streamRig(randomBytes(90 * MIB), { beforePiece: never });
  const attempt = await rig.attempt();
  await untilStill(() => attempt.reader.bytesRead);
  await attempt.transfer.stop();
  expect((await failureOf(attempt)).message).toBe('the transfer was stopped');
});
