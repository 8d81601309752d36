import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { KIB } from '../../src/memory/index.ts';
import { openSession, type Session } from '../../src/openstack/index.ts';
import { glanceApi } from '../../src/stores/glance/api.ts';
import { openReader } from '../../src/stores/glance/reader.ts';
import type { PartReader } from '../../src/stores/index.ts';
import { storeBench } from '../stores/store-bench.ts';
import { codeOf, readAll } from '../stores/store-under-test.ts';
import { openGlance } from './glance-under-test.ts';

const SIZE = 6_000_000;
const DATA = randomBytes(SIZE);

const bench = storeBench(() => openGlance());

/** Returns a session with a Glance that refuses ranges, as one with Ceph does. `streams` are its answers. */
function withoutRanges(session: Session) {
  const streams: { destroy(): void }[] = [];
  const limited: Session = {
    ...session,
    async requestImage(request) {
      const isData = request.path.endsWith('/file');
      if (isData && request.headers?.range !== undefined) {
        const refused = await session.requestImage({ ...request, headers: { range: 'bytes=9-1' } });
        return Object.assign(refused, { statusCode: 400 });
      }
      const response = await session.requestImage(request);
      if (isData) streams.push(response.body);
      return response;
    },
  };
  return { limited, streams };
}

/** Opens a reader of a new image at a Glance without ranges. */
async function streamReader() {
  const { id } = await bench.current.addImage(DATA);
  const { limited, streams } = withoutRanges(openSession({ region_name: 'ot1' }));
  const api = glanceApi(limited);
  const as = { project: bench.current.tenants.a };
  const reader: PartReader = await openReader(api, as, await api.show(as, id));
  onTestFinished(() => reader.close());
  return { id, reader, streams };
}

async function rangedReader() {
  const { id } = await bench.current.addImage(DATA);
  const { pin } = await bench.store.inspect(bench.own(id));
  const reader = await bench.store.openReader(bench.own(id), pin);
  onTestFinished(() => reader.close());
  return { id, reader };
}

test('small ranges at odd offsets are read exactly', async () => {
  const { reader } = await rangedReader();
  expect(reader.inOrder).toBeUndefined();
  for (const start of [1, 4095, 65_537, 1_048_575, 3_333_333, SIZE - 10 * KIB]) {
    const read = await readAll(reader, [start, start + 10 * KIB]);
    expect(read.equals(DATA.subarray(start, start + 10 * KIB))).toBe(true);
  }
});

test.each([
  ['deactivated', 'POST', '/actions/deactivate', 'not_active'],
  ['deleted', 'DELETE', '', 'not_found'],
] as const)('a read of an image that is %s in the meantime fails', async (_how, method, path, code) => {
  const { id, reader } = await rangedReader();
  await readAll(reader, [0, 100_000]);
  await bench.current.rig.call('admin', method, `/${id}${path}`);
  expect(await codeOf(readAll(reader, [100_000, 200_000]))).toBe(code);
});

test('without ranges, one stream serves all ranges that follow each other', async () => {
  const { reader, streams } = await streamReader();
  expect(reader.inOrder).toBe(true);
  const pieces: Buffer[] = [];
  for (let at = 0; at < SIZE; at += 700_001) {
    pieces.push(await readAll(reader, [at, Math.min(at + 700_001, SIZE)]));
  }
  expect(Buffer.concat(pieces).equals(DATA)).toBe(true);
  expect(streams).toHaveLength(1);
});

test('without ranges, a read that broke off goes on from there with a second stream', async () => {
  const { reader, streams } = await streamReader();
  const signal = new AbortController().signal;
  let at = 0;
  const reading = async () => {
    for await (const chunk of reader.read([0, SIZE], signal)) {
      expect(DATA.subarray(at, at + chunk.length).equals(chunk)).toBe(true);
      at += chunk.length;
      streams[0]?.destroy();
    }
  };
  expect(await codeOf(reading())).toBe('unavailable');
  expect(at).toBeGreaterThan(0);
  expect((await readAll(reader, [at, SIZE])).equals(DATA.subarray(at))).toBe(true);
  expect(streams).toHaveLength(2);
});

test('without ranges, the bytes before the range are skipped, and empty chunks show progress', async () => {
  const { reader } = await streamReader();
  const lengths: number[] = [];
  for await (const chunk of reader.read([SIZE - 10, SIZE], new AbortController().signal)) {
    lengths.push(chunk.length);
  }
  expect(lengths.filter((length) => length > 0).reduce((sum, length) => sum + length, 0)).toBe(10);
  expect(lengths.length).toBeGreaterThan(1);
});

test('without ranges, a range farther back is read from a new stream', async () => {
  const { reader, streams } = await streamReader();
  await readAll(reader, [0, 3_000_000]);
  expect((await readAll(reader, [5, 10])).equals(DATA.subarray(5, 10))).toBe(true);
  expect(streams).toHaveLength(2);
});

test("without ranges, an abort ends a read with the signal's reason", async () => {
  const { reader } = await streamReader();
  const abort = new AbortController();
  const reason = new Error('enough');
  const chunks = reader.read([0, SIZE], abort.signal)[Symbol.asyncIterator]();
  await chunks.next();
  abort.abort(reason);
  const drain = async () => {
    while (!(await chunks.next()).done);
  };
  await expect(drain()).rejects.toBe(reason);
});
