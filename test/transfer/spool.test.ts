import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { PartSink, StreamSink } from '../../src/stores/index.ts';
import { createDigestPool, startTransfer } from '../../src/transfer/index.ts';
import { ownLink } from '../support/link.ts';
import { until } from '../support/until.ts';
import type { UploadHooks } from '../support/upload-server.ts';
import { type StreamRig, streamRig } from './stream-rig.ts';
import { failureOf, MIB, untilAborted } from './transfer-rig.ts';

const SIZE = 30 * MIB + 4321;
const DATA = randomBytes(SIZE);

/** Returns hooks that break the connection of the first upload once `when` has resolved. */
function breakingOnce(when: Promise<void> = Promise.resolve()): UploadHooks {
  let isFirst = true;
  return {
    beforePiece: async (at) => {
      if (at < 5 * MIB || !isFirst) return;
      isFirst = false;
      await when;
      throw new Error('broken');
    },
  };
}

test('after a broken upload, the parts in the spool are not read again', async () => {
  const spooled = Promise.withResolvers<void>();
  const rig = await streamRig(DATA, breakingOnce(spooled.promise));
  const first = await rig.attempt({
    spooled: true,
    lanes: 1,
    reads: {
      beforeChunk: (at, signal) => {
        if (at < 16 * MIB) return;
        spooled.resolve();
        return untilAborted(signal);
      },
    },
  });
  expect(await failureOf(first)).toMatchObject({ code: 'unavailable', side: 'destination' });
  const second = await rig.attempt({ spooled: true });
  await second.transfer.finished;
  expect([first.reader.bytesRead, second.reader.bytesRead]).toEqual([16 * MIB, SIZE - 16 * MIB]);
  expect(rig.server.uploads.map(({ outcome }) => outcome)).toEqual(['broken', 'whole']);
  expect(rig.upload().data().equals(DATA)).toBe(true);
});

test('a source that was read to its end is not read again at all', async () => {
  const answer = Promise.withResolvers<void>();
  let isFirst = true;
  const rig = await streamRig(DATA, {
    beforeAnswer: async () => {
      if (!isFirst) return;
      isFirst = false;
      await answer.promise;
    },
  });
  const first = await rig.attempt({ spooled: true });
  await until(() => rig.server.uploads[0]?.outcome === 'whole');
  await first.transfer.stop();
  const second = await rig.attempt({ spooled: true });
  await second.transfer.finished;
  expect(first.reader.bytesRead).toBe(SIZE);
  expect(second.reader.asked).toEqual([]);
  expect([second.transfer.read, second.transfer.ledger.moved]).toEqual([0, SIZE]);
  expect(rig.upload().data().equals(DATA)).toBe(true);
});

test('without a spool, all bytes are read again', async () => {
  const rig = await streamRig(DATA, breakingOnce());
  await failureOf(await rig.attempt());
  const { transfer, reader } = await rig.attempt();
  await transfer.finished;
  expect(reader.bytesRead).toBe(SIZE);
  expect(rig.upload().data().equals(DATA)).toBe(true);
});

test('ranges that an earlier attempt has reported do not count, because the upload starts over', async () => {
  const rig = await streamRig(DATA);
  const { transfer, reader } = await rig.attempt({ reported: [[0, 20 * MIB]] });
  await transfer.finished;
  expect(reader.bytesRead).toBe(SIZE);
  expect(rig.upload().data().equals(DATA)).toBe(true);
});

/** Makes the spool hold the whole source, as an earlier attempt may have left it. */
async function spooledWhole(rig: StreamRig): Promise<void> {
  const spool = await rig.spoolFile();
  await spool.write(0, DATA);
  await spool.complete([0, SIZE]);
  await spool.close();
}

test.each<[string, Buffer]>([
  ['zeroed', Buffer.alloc(4096)],
  ['altered', Buffer.alloc(4096, 'z')],
])('bytes that the spool has %s count as lost, and a new start succeeds', async (_how, bytes) => {
  const rig = await streamRig(DATA);
  await spooledWhole(rig);
  const file = await open(rig.spooledData, 'r+');
  await file.write(bytes, 0, bytes.length, 5 * MIB);
  await file.close();
  const attempt = await rig.attempt({ spooled: true });
  expect(await failureOf(attempt)).toMatchObject({ code: 'lost', side: 'destination', retryable: true });
  await until(() => rig.server.uploads.every(({ outcome }) => outcome === 'broken'));
  const spool = await rig.spoolFile();
  expect(spool.received).toEqual([]);
  await spool.close();
  const { transfer, reader } = await rig.attempt({ spooled: true });
  await transfer.finished;
  expect(reader.bytesRead).toBe(SIZE);
  expect(rig.upload().data().equals(DATA)).toBe(true);
});

test("the spool does not keep bytes that differ from the source's record", async () => {
  const rig = await streamRig(DATA);
  const expected = { sha512: 'ab'.repeat(64), md5: null };
  const attempt = await rig.attempt({ spooled: true, expected });
  expect(await failureOf(attempt)).toMatchObject({ code: 'digest_mismatch', side: 'source' });
});

test('a spool takes any number of lanes, and is closed when the transfer ends', async () => {
  const rig = await streamRig(DATA);
  const { transfer } = await rig.attempt({ spooled: true, lanes: 3 });
  await transfer.finished;
  expect(rig.upload().data().equals(DATA)).toBe(true);
});

test('an image without bytes goes through a spool', async () => {
  const rig = await streamRig(Buffer.alloc(0));
  const { transfer } = await rig.attempt({ spooled: true });
  await transfer.finished;
  expect(rig.server.uploads.map(({ outcome }) => outcome)).toEqual(['whole']);
  expect(rig.upload().data()).toHaveLength(0);
});

test('a stop waits until the upload no longer reads, because another copy will get its memory', async () => {
  const digests = createDigestPool(1);
  onTestFinished(() => digests.close());
  const reading = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const spool: PartSink = {
    kind: 'parts',
    received: [[0, SIZE]],
    durable: [[0, SIZE]],
    async readBack(at, into) {
      if (at === 0 && into.length < MIB) {
        reading.resolve();
        await read.promise;
      }
      into.fill(0);
    },
    async write() {},
    async complete() {},
    async reset() {},
    async flush() {},
    async close() {},
  };
  // An aborted upload ends at once, as a request of undici does, even if its body is still being read.
  const upload = async (chunks: AsyncIterable<Uint8Array>, signal: AbortSignal) => {
    const sent = (async () => {
      for await (const _chunk of chunks);
    })();
    sent.catch(() => {});
    await Promise.race([sent, untilAborted(signal)]);
  };
  const sink: StreamSink = { kind: 'stream', whole: null, upload, async close() {} };
  const ends = { reader: { async *read() {}, async close() {} }, sink, spool, size: SIZE };
  const transfer = startTransfer({
    ...ends,
    ...ownLink(ends, 1),
    expected: { sha512: null, md5: null },
    reported: [],
    movedAt: Date.now(),
    patience: { stall_after: 60_000, give_up_after: 60_000 },
    digests,
  });
  transfer.finished.catch(() => {});
  await reading.promise;
  let isStopped = false;
  const stopped = transfer.stop().then(() => {
    isStopped = true;
  });
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  expect(isStopped).toBe(false);
  read.resolve();
  await stopped;
});
