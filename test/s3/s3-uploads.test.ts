import { randomBytes, randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { type Bucket, openBucket } from '../../src/stores/s3/bucket.ts';
import { s3Destination } from '../../src/stores/s3/destination.ts';
import { imageLeftovers } from '../../src/stores/s3/leftovers.ts';
import { openUpload } from '../../src/stores/s3/sink.ts';
import { createUpload, listParts, putPart } from '../../src/stores/s3/upload.ts';
import { committing, copyFor, fillSink, openBlockSink } from '../stores/make-image.ts';
import { storeBench } from '../stores/store-bench.ts';
import { codeOf, FIRST, LAST } from '../stores/store-under-test.ts';
import { planParts } from '../support/plan-parts.ts';
import { losingAnswers } from './losing-answers.ts';
import { openS3 } from './s3-under-test.ts';

const DATA = randomBytes(20_000_000);
const SIZE = DATA.length;
const { signal } = new AbortController();
const bench = storeBench(openS3);

const bucket = (): Bucket => openBucket(bench.current.options);
const uploads = async () => (await bench.current.traces()).filter((trace) => trace.startsWith('upload'));

/** Aborts all uploads, as a rule of a bucket does with old ones. */
async function abortAll(): Promise<void> {
  const { client, bucket: Bucket } = bench.current;
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of Uploads ?? []) {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
}

test('after its upload was aborted, an image is lost, and its job starts over with another upload', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const sink = await openBlockSink(bench.store, ref, 1, SIZE);
  const [first = [0, 0], ...others] = planParts(SIZE, [], sink.blockSize);
  await sink.put(first, DATA.subarray(...first), signal);
  await abortAll();
  for (const range of others) {
    expect(await codeOf(sink.put(range, DATA.subarray(...range), signal))).toBe('lost');
  }
  expect(await codeOf(sink.flush(signal))).toBe('lost');
  const next = await openBlockSink(bench.store, ref, 2, SIZE);
  expect(next.received).toEqual([]);
  for (const range of [first, ...others]) await next.put(range, DATA.subarray(...range), signal);
  await next.flush(signal);
  await bench.store.discard(ref, LAST);
  expect(await bench.current.traces()).toEqual([]);
});

test('a job goes on even if the answer to its reservation is lost and its upload is aborted', async () => {
  const ref = bench.ref(DATA);
  const destination = s3Destination(losingAnswers(bench.current.options, 'PutObjectCommand'));
  await destination.prepare(ref, FIRST, copyFor(ref, DATA));
  expect(await uploads()).toHaveLength(1);
  await abortAll();
  const sink = await destination.openSink(ref, 1, SIZE);
  expect(await uploads()).toHaveLength(1);
  await fillSink(sink, DATA);
  await sink.close();
  await destination.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
  expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
  expect(await uploads()).toEqual([]);
});

test('an attempt uses the current state of the image, not what its process has seen before', async () => {
  const ref = bench.ref(DATA);
  const [here, there] = [s3Destination(bucket()), s3Destination(bucket())];
  await here.prepare(ref, FIRST, copyFor(ref, DATA));
  await (await there.openSink(ref, 5, SIZE)).close();
  expect(await codeOf(here.openSink(ref, 4, SIZE))).toBe('conflict');
  await abortAll();
  const sink = await here.openSink(ref, 6, SIZE);
  await fillSink(sink, DATA);
  await sink.close();
  expect(await codeOf(there.openSink(ref, 5, SIZE))).toBe('conflict');
  await there.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
  expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
  await here.discard(committing(ref, DATA), LAST);
  expect(await codeOf(there.openSink(ref, LAST + 1, SIZE))).toBe('not_found');
});

test('a part that is damaged on its way is refused', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const store = bucket();
  store.client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown };
      const damaged = Buffer.from(request.body as Uint8Array);
      damaged[1000] = (damaged[1000] ?? 0) ^ 1;
      request.body = damaged;
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const clean = bucket();
  const upload = await createUpload(clean, clean.keys.data(ref.image_id), ref);
  const put = putPart(store, upload, 1, DATA.subarray(0, 5_000_000), signal);
  await expect(put).rejects.toThrow(/sha256|checksum|digest/i);
  expect(await listParts(clean, upload)).toEqual([]);
});

test('all parts are listed, however many pages they take', async () => {
  const store = bucket();
  store.client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        next(commandName === 'ListPartsCommand' ? { ...args, input: { ...args.input, MaxParts: 2 } } : args),
    { step: 'initialize' },
  );
  const upload = await createUpload(store, store.keys.data(randomUUID()), bench.ref(DATA));
  for (const number of [5, 3, 1, 4, 2]) await putPart(store, upload, number, Buffer.from('part'), signal);
  expect((await listParts(store, upload))?.map(({ PartNumber }) => PartNumber)).toEqual([1, 2, 3, 4, 5]);
});

/**
 * Opens the bucket of a server that lists no checksums of parts. Such a server may keep them (SeaweedFS), or
 * may not know checksums at all.
 */
function listingNoChecksums(knowsThem: boolean): Bucket {
  const store = bucket();
  store.client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { output } = answer;
      if ('Parts' in output) for (const part of output.Parts ?? []) delete part.ChecksumCRC32C;
      if ('ChecksumAlgorithm' in output && !knowsThem) delete output.ChecksumAlgorithm;
      return answer;
    },
    { step: 'initialize' },
  );
  return store;
}

/** Prepares an image, and lets a first attempt put its first block. Returns what the next attempt finds. */
async function interrupted(store: Bucket) {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const sink = await openBlockSink(bench.store, ref, 1, SIZE);
  const [first = [0, 0]] = planParts(SIZE, [], sink.blockSize);
  await sink.put(first, DATA.subarray(...first), signal);
  return { ref, first, next: await openUpload(store, ref, 2, SIZE) };
}

test('an attempt starts over if the server keeps the checksums of parts, but does not list them', async () => {
  const { ref, next } = await interrupted(listingNoChecksums(true));
  expect(next.received).toEqual([]);
  await fillSink(next, DATA);
  await next.close();
  await bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
  expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
  expect(await uploads()).toEqual([]);
});

test('an attempt goes on with the parts of a server that knows no checksums', async () => {
  const { first, next } = await interrupted(listingNoChecksums(false));
  expect(next.received).toEqual([first]);
  expect(await uploads()).toHaveLength(1);
});

test('only those uploads are found that nobody will complete', async () => {
  const [making, whole] = [bench.ref(DATA), bench.ref(DATA)];
  await bench.prepare(making, DATA);
  await bench.make(whole, DATA);
  const store = bucket();
  const expected: string[] = [];
  for (const id of [making.image_id, whole.image_id, randomUUID()]) {
    expected.push((await createUpload(store, store.keys.data(id), making)).UploadId);
  }
  await createUpload(store, 'images/of-somebody-else', making);
  const before = await uploads();
  const found = [];
  for await (const leftover of imageLeftovers(store)) {
    if (leftover.kind !== 'upload') continue;
    found.push(leftover);
    expect(await leftover.remove()).toBe(true);
  }
  expect(found).toHaveLength(expected.length);
  expect(await uploads()).toEqual(before.filter((line) => !expected.some((id) => line.includes(id))));
});

test('data that arrives after its job was discarded is found by its mark', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const sink = await openBlockSink(bench.store, ref, 1, SIZE);
  await fillSink(sink, DATA);
  const store = bucket();
  const { client, bucket: Bucket } = store;
  await client.send(new DeleteObjectCommand({ Bucket, Key: store.keys.job(ref.image_id) }));
  const found = [];
  for await (const leftover of imageLeftovers(store)) found.push(leftover);
  expect(found).toMatchObject([{ kind: 'data', mark: ref.mark, bytes: SIZE }]);
  expect(await found[0]?.remove()).toBe(true);
  expect(await bench.current.traces()).toEqual([]);
});

test('an operator copies an object by its key; for tenants it is not an image', async () => {
  await bench.current.put('exports/disk.raw', DATA);
  const image_id = 'exports/disk.raw';
  const { record, pin } = await bench.store.inspect({ image_id, tenant_id: null });
  expect(record).toMatchObject({ name: 'disk.raw', size: SIZE, os_hash_value: null, owner: null });
  const reader = await bench.store.openReader({ image_id, tenant_id: null }, pin);
  await reader.close();
  expect(await codeOf(bench.store.inspect(bench.own(image_id)))).toBe('not_found');
  expect(await codeOf(bench.store.openReader(bench.own(image_id), pin))).toBe('not_found');
});

test('data without a record belongs to somebody else, and blocks its id', async () => {
  const ref = bench.ref(DATA);
  await bench.current.put(`${ref.image_id}/data`, DATA);
  expect(await codeOf(bench.prepare(ref, DATA))).toBe('conflict');
  expect(await bench.current.traces()).toEqual([`images/${ref.image_id}/data`]);
});

test.each([
  ['a missing bucket', { bucket: 'no-such-bucket' }, 'unavailable'],
  ['a server that does not answer', { endpoint: 'http://127.0.0.1:1' }, 'unavailable'],
])('the check of a store fails for %s', async (_what, options, code) => {
  const { s3Driver } = await import('../../src/stores/s3/index.ts');
  expect(await codeOf(s3Driver.open({ ...bench.current.options, ...options }, '/').check())).toBe(code);
});
