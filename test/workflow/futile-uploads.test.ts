import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStoreActivities } from '../../activities/index.ts';
import type { CopyPlan, TransferProgress } from '../../src/copy-job/index.ts';
import type { ImageRecord } from '../../src/image/index.ts';
import { MIB } from '../../src/memory/index.ts';
import { type BlockSink, type ImageStore, StoreError, type StreamSink } from '../../src/stores/index.ts';
import { createDigestPool } from '../../src/transfer/index.ts';
import { openDirectory } from '../stores/directory-under-test.ts';
import { anyone, newRef, type StoreUnderTest } from '../stores/store-under-test.ts';
import { testLinks } from '../support/link.ts';
import { blockServer } from '../support/memory-blocks.ts';

const PATIENCE = 3_600_000;
const digests = createDigestPool(1);
let source: StoreUnderTest;
let image: ImageRecord;
beforeAll(async () => {
  source = await openDirectory();
  image = await source.addImage(randomBytes(4 * MIB));
});
afterAll(async () => {
  await digests.close();
  await source.close();
});

/** The bytes that attempts have reported as sent again, one entry for each report. */
const repeated: { readonly region: string; readonly bytes: number }[] = [];

/** A client whose server is away. An attempt cannot find out whether its workflow is paused, and goes on. */
const AWAY = {
  workflow: { getHandle: () => ({ describe: () => Promise.reject(new Error('the server is away')) }) },
} as unknown as Client;

/** Returns a destination whose uploads break off after `bytes` bytes. */
function breakingAfter(bytes: number): ImageStore {
  const sink: StreamSink = {
    kind: 'stream',
    whole: null,
    async upload(chunks) {
      let taken = 0;
      for await (const chunk of chunks) {
        taken += chunk.length;
        if (taken > bytes) break;
      }
      throw new StoreError('unavailable', 'the connection broke');
    },
    async close() {},
  };
  return { ...source.store, openSink: async () => sink };
}

/** Returns a destination that has all bytes in blocks. Reading them back breaks off after `bytes` bytes. */
function unreadableAfter(bytes: number): ImageStore {
  const { size } = image;
  const server = blockServer(size, MIB);
  const sink: BlockSink = {
    ...server.sink({
      readBack: async (call, offset) => {
        if (offset >= bytes) throw new StoreError('unavailable', 'the connection broke');
        await call();
      },
    }),
    received: [[0, size]],
  };
  return { ...source.store, openSink: async () => sink };
}

/**
 * Makes one attempt at the transfer, whose upload breaks off after `bytes` bytes. Returns the failure.
 *
 * @param before the progress that earlier attempts have left
 */
function attempt(bytes: number, before: Partial<TransferProgress>): Promise<ApplicationFailure> {
  return attemptTo(breakingAfter(bytes), before);
}

async function attemptTo(
  destination: ImageStore,
  before: Partial<TransferProgress>,
): Promise<ApplicationFailure> {
  const stores = { ot1: source.store, ot2: destination };
  const regions = new Map(
    Object.entries(stores).map(([name, store]) => [
      name,
      { name, store, taskQueue: name, objectsOnly: false },
    ]),
  );
  const limits = {
    lanes: 4,
    memory: 2 ** 30,
    bandwidth: null,
    pairBandwidth: new Map(),
    tenantBandwidth: new Map(),
    concurrentActivities: 1,
    heartbeatTimeout: 60_000,
    heartbeatInterval: 1000,
    stallAfter: 60_000,
    giveUpAfter: PATIENCE,
    noWorkerTimeout: 60_000,
  };
  const activities = createStoreActivities({
    regions,
    limits,
    digests,
    links: testLinks(),
    spool: null,
    client: AWAY,
    onRepeat: (region, bytes) => repeated.push({ region, bytes }),
  });
  const { pin } = await source.store.inspect(anyone(image.id));
  const plan = { source: { region: 'ot1', ...anyone(image.id) }, destination: { region: 'ot2' } } as CopyPlan;
  const heartbeatDetails = {
    ranges: [],
    high_water: 0,
    moved_at: Date.now(),
    futile: 0,
    futile_since: null,
    last_fault: null,
    ...before,
  };
  const ref = newRef();
  const workflowExecution = { workflowId: 'job', runId: ref.mark };
  const environment = new MockActivityEnvironment({
    heartbeatDetails,
    workflowExecution,
    currentAttemptScheduledTimestampMs: Date.now(),
  });
  const call = environment.run(activities.transferImage, plan, ref, { record: image, pin });
  return call.then(
    () => {
      throw new Error('the transfer has come to its end');
    },
    (error) => error as ApplicationFailure,
  );
}

test('an upload that breaks off, but comes farther than the ones before it, is not counted as futile', async () => {
  const failure = await attempt(2 * MIB, { high_water: MIB, futile: 9, futile_since: 1 });
  expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
  expect(failure.details?.[1]).toMatchObject({ futile: 0, futile_since: null });
});

test('an upload that comes no farther is counted as futile', async () => {
  const failure = await attempt(MIB, { high_water: 3 * MIB, futile: 4 });
  expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
  expect(failure.details?.[1]).toMatchObject({ futile: 5, high_water: 3 * MIB });
});

test('the first futile upload records its time', async () => {
  const before = Date.now();
  const failure = await attempt(MIB, { high_water: 3 * MIB });
  expect(failure.details?.[1]).toMatchObject({
    futile: 1,
    futile_since: expect.toSatisfy((at) => at >= before),
  });
});

test('ten futile uploads within a short time do not end the copy', async () => {
  const futile_since = Date.now() - PATIENCE / 2;
  const failure = await attempt(MIB, { high_water: 3 * MIB, futile: 9, futile_since });
  expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
  expect(failure.details?.[1]).toMatchObject({ futile: 10, futile_since });
});

test('the tenth futile upload in a row ends the copy once enough time has passed', async () => {
  const futile_since = Date.now() - 2 * PATIENCE;
  const failure = await attempt(MIB, { high_water: 3 * MIB, futile: 9, futile_since });
  expect(failure).toMatchObject({ type: 'stalled', nonRetryable: true });
  expect(failure.message).toBe('broken off 10 times without coming farther: the connection broke');
  expect(failure.details?.[0]).toMatchObject({ code: 'stalled', side: 'destination' });
});

test('an image that is read back for longer than a copy may stand still is not given up', async () => {
  const before = { high_water: 4 * MIB, moved_at: Date.now() - 2 * PATIENCE };
  const failure = await attemptTo(unreadableAfter(3 * MIB), before);
  expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
  expect(failure.details?.[1]).toMatchObject({ futile: 1 });
});

test('an image that cannot be read back is given up once enough time has passed', async () => {
  const futile_since = Date.now() - 2 * PATIENCE;
  const failure = await attemptTo(unreadableAfter(3 * MIB), { high_water: 4 * MIB, futile: 9, futile_since });
  expect(failure).toMatchObject({ type: 'stalled', nonRetryable: true });
});

test('an upload that starts over reports how many bytes it sends again', async () => {
  repeated.length = 0;
  await attempt(MIB, { ranges: [[0, 3 * MIB]], high_water: 3 * MIB });
  await attempt(MIB, {});
  expect(repeated).toEqual([{ region: 'ot2', bytes: 3 * MIB }]);
});
