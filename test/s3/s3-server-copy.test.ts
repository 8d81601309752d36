import { randomBytes } from 'node:crypto';
import { S3ServiceException } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { type Digests, digestsOf, type ImageRecord } from '../../src/image/index.ts';
import type { DestinationRef } from '../../src/stores/index.ts';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { s3Destination } from '../../src/stores/s3/destination.ts';
import {
  createDigestPool,
  endpointOf,
  memoryDemand,
  startTransfer,
  type Transfer,
} from '../../src/transfer/index.ts';
import { committing, copyFor } from '../stores/make-image.ts';
import { storeBench } from '../stores/store-bench.ts';
import { dataOf, FIRST, LAST } from '../stores/store-under-test.ts';
import { testLinks } from '../support/link.ts';
import { until } from '../support/until.ts';
import { openS3, type S3UnderTest, SERVER } from './s3-under-test.ts';

const MIB = 1024 * 1024;
const DATA = randomBytes(40 * MIB + 1);
const bench = storeBench(openS3);

interface Call {
  readonly commandName: string;
  readonly input: object;
}

/** Opens a second bucket of the same server. Its client calls `before` ahead of each request. */
async function secondBucket(before: (call: Call) => Promise<void> = async () => {}) {
  const other = await openS3();
  onTestFinished(() => other.close());
  const bucket = openBucket(other.options);
  bucket.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        await before({ commandName, input: args.input });
        return next(args);
      },
    { step: 'initialize' },
  );
  return { other, destination: s3Destination(bucket) };
}

interface Ends {
  readonly from: S3UnderTest;
  readonly to: Awaited<ReturnType<typeof secondBucket>>;
  readonly image: ImageRecord;
  readonly ref: DestinationRef;
  readonly attempt?: number;
  readonly expected?: Digests;
}

/** Begins an attempt to copy an image from one bucket to another. */
async function copying({ from, to, image, ref, attempt = 1, expected }: Ends): Promise<Transfer> {
  const digests = createDigestPool(1);
  const source = { image_id: image.id, tenant_id: from.tenants.a };
  const { pin } = await from.store.inspect(source);
  if (attempt === 1) await to.destination.prepare(ref, FIRST, copyFor(ref, DATA));
  const reader = await from.store.openReader(source, pin, { digests: digestsOf(image), checksLater: true });
  const sink = await to.destination.openSink(ref, attempt, image.size);
  const links = testLinks();
  const link = links.open({ from: reader.endpoint, to: endpointOf(sink), regions: [] });
  const ends = { reader, sink, spool: null, size: image.size, link };
  const memory = await links.memory.take(memoryDemand(ends), AbortSignal.timeout(1000), () => {});
  const transfer = startTransfer({
    ...ends,
    memory,
    digests,
    expected: expected ?? digestsOf(image),
    reported: [],
    movedAt: Date.now(),
    patience: { stall_after: 30_000, give_up_after: 60_000 },
  });
  transfer.finished.catch(() => {});
  onTestFinished(async () => {
    await transfer.stop();
    await digests.close();
  });
  return transfer;
}

/** Makes an image in the first bucket, and prepares its copy in the second one. */
async function ends(before?: (call: Call) => Promise<void>): Promise<Ends> {
  const image = await bench.make(bench.ref(DATA), DATA);
  return { from: bench.current, to: await secondBucket(before), image, ref: bench.ref(DATA) };
}

/** Commits the copy, and returns its bytes. */
async function committed({ to, ref }: Ends): Promise<Buffer> {
  await to.destination.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
  return dataOf(to.other.store, ref.image_id, to.other.tenants.a);
}

/** Returns the error of a server that refuses a request. */
function refusal(name: string, httpStatusCode: number): S3ServiceException {
  return new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode } });
}

const isCopy = ({ commandName }: Call) => commandName === 'UploadPartCopyCommand';

test('an image is copied between buckets of one service without reading its bytes', async () => {
  const here = await ends();
  const transfer = await copying(here);
  expect(await transfer.finished).toMatchObject({
    sha512: here.image.os_hash_value,
    verified_by: 'sha512',
    copied_by: 'server',
  });
  expect(transfer.read).toBe(0);
  expect(transfer.ledger.bytes).toBe(DATA.length);
  expect((await committed(here)).equals(DATA)).toBe(true);
});

test.runIf(SERVER.computesCrc64)(
  'a copy is not read back if the service has a checksum of both objects',
  async () => {
    const here = await ends();
    await (await copying(here)).finished;
    await committed(here);
    // When the service copies an object itself, it computes a CRC64NVME of the copy.
    const image = { ...here.image, id: here.ref.image_id };
    const next = { from: here.to.other, to: await secondBucket(), image, ref: bench.ref(DATA) };
    expect(await (await copying(next)).finished).toMatchObject({
      sha512: here.image.os_hash_value,
      verified_by: 'crc64nvme',
      copied_by: 'server',
    });
    expect((await committed(next)).equals(DATA)).toBe(true);
  },
);

test.each([
  ['AccessDenied', 403],
  ['NotImplemented', 501],
  ['InvalidRequest', 400],
])(
  'if the server answers %s, the bytes are copied through us, and the copy says so',
  async (name, status) => {
    const here = await ends(async (call) => {
      if (isCopy(call)) throw refusal(name, status);
    });
    const transfer = await copying(here);
    expect(await transfer.finished).toMatchObject({ verified_by: 'sha512', server_refusal: name });
    expect(transfer.read).toBe(DATA.length);
    expect((await committed(here)).equals(DATA)).toBe(true);
  },
);

test('if the server refuses in the middle, all bytes are copied through us', async () => {
  let copies = 0;
  const here = await ends(async (call) => {
    if (isCopy(call) && ++copies > 3) throw refusal('AccessDenied', 403);
  });
  const transfer = await copying(here);
  expect(await transfer.finished).toMatchObject({ verified_by: 'sha512', server_refusal: 'AccessDenied' });
  expect(transfer.read).toBe(DATA.length);
  expect((await committed(here)).equals(DATA)).toBe(true);
});

test('a fault is no longer shown once the server has copied further', async () => {
  let copies = 0;
  const here = await ends(async (call) => {
    if (isCopy(call) && ++copies === 1) throw refusal('InternalError', 500);
  });
  const transfer = await copying(here);
  await until(() => transfer.fault !== null);
  await transfer.finished;
  expect(transfer.fault).toBeNull();
});

/** Stops a first attempt after the server has copied 16 MiB. Counts the requests for copies. */
async function stoppedInTheMiddle() {
  const hanging = Promise.withResolvers<void>();
  let copies = 0;
  const here = await ends(async (call) => {
    if (isCopy(call) && ++copies > 2) await hanging.promise;
  });
  const first = await copying(here);
  await until(() => copies > 2 && first.ledger.bytes >= 16 * MIB);
  const stopped = first.stop();
  hanging.resolve();
  await stopped;
  return { here, copies: () => copies };
}

test('an attempt goes on with what the server has copied for the attempt before', async () => {
  const { here, copies } = await stoppedInTheMiddle();
  const before = copies();
  const second = await copying({ ...here, attempt: 2 });
  expect(second.ledger.bytes).toBeGreaterThanOrEqual(16 * MIB);
  expect(await second.finished).toMatchObject({ copied_by: 'server' });
  expect(copies() - before).toBeLessThanOrEqual(4);
  expect((await committed(here)).equals(DATA)).toBe(true);
});

test('an attempt whose source is elsewhere starts over if the server has copied before', async () => {
  const { here } = await stoppedInTheMiddle();
  const { store } = here.from;
  const elsewhere: S3UnderTest['store'] = {
    ...store,
    openReader: async (...args) => {
      const { original: _, ...reader } = await store.openReader(...args);
      return reader;
    },
  };
  const second = await copying({ ...here, from: { ...here.from, store: elsewhere }, attempt: 2 });
  expect(await second.finished).not.toHaveProperty('copied_by');
  expect(second.read).toBe(DATA.length);
  expect((await committed(here)).equals(DATA)).toBe(true);
});

test('a copy whose source is written again with the same bytes is made through us', async () => {
  let isTouched = false;
  const here: Ends = await ends(async (call) => {
    if (!isCopy(call) || isTouched) return;
    isTouched = true;
    await bench.current.touchData(here.image.id);
  });
  const transfer = await copying(here);
  expect(await transfer.finished).toMatchObject({ server_refusal: 'PreconditionFailed' });
  expect((await committed(here)).equals(DATA)).toBe(true);
});

test('a server copy with a wrong digest fails', async () => {
  const transfer = await copying({ ...(await ends()), expected: { sha512: 'f'.repeat(128), md5: null } });
  await expect(transfer.finished).rejects.toMatchObject({ code: 'digest_mismatch', side: 'source' });
});
