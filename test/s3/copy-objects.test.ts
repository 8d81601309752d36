import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { COPY_IMAGE, type CopyRequest, TASK_QUEUE } from '../../src/copy-job/index.ts';
import type { ObjectStore } from '../../src/stores/index.ts';
import { asStore, bytesOf, pathsOf } from '../stores/objects-under-test.ts';
import { dataOf } from '../stores/store-under-test.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { endOf } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { openBucket, type TestBucket } from './bucket-rig.ts';
import { SERVER } from './s3-under-test.ts';

const SIZE = 100 * MIB;
const DATA = randomBytes(SIZE);
const PATH = 'exports/ü/disk 1.raw';
const OLD = Buffer.from('what was there before');
const { signal } = new AbortController();

let deployment: Deployment;
let bucket: TestBucket;
beforeEach(async () => {
  bucket = await openBucket();
  const share = { store: { driver: 'directory', path: 'share' } };
  const regions = { share, bucket: bucket.region('prefix') };
  deployment = await deploy({
    regions: ['share'],
    config: { regions, api: {} },
    // A slow worker delays each read and each write of a file. With many lanes, it would not be slow.
    limits: { lanes: 4 },
  });
});
afterEach(async () => {
  await deployment.stop();
  bucket.close();
});

type Region = 'share' | 'bucket';

function objectsOf(region: Region): ObjectStore {
  const objects = deployment.regions.get(region)?.store.objects;
  if (objects === undefined) throw new Error(`${region} has no objects`);
  return objects;
}

const fileOf = (path: string) => join(deployment.folder, 'share', path);

async function putFile(path: string, data: Uint8Array): Promise<void> {
  await mkdir(dirname(fileOf(path)), { recursive: true });
  await writeFile(fileOf(path), data);
}

/** Starts a copy as anybody with a Temporal client can. */
async function start(from: Region, to: Region): Promise<string> {
  const request: CopyRequest = {
    objects: true,
    source: { region: from, image_id: PATH },
    destination: { region: to, image_id: PATH },
  };
  const workflowId = randomUUID();
  await deployment.client.workflow.start(COPY_IMAGE, { taskQueue: TASK_QUEUE, workflowId, args: [request] });
  return workflowId;
}

/**
 * Returns the number of bytes that a journal on the share's disk notes as durable. A resumed copy of an
 * object goes on with these bytes only, because no digest could tell whether others are right.
 */
async function bytesJournaled(): Promise<number> {
  const [partial] = await readdir(fileOf('.image-replicator')).catch(() => []);
  const journal = await readFile(fileOf(`.image-replicator/${partial}/parts`), 'utf8').catch(() => '');
  return journal
    .split('\n')
    .filter((line) => line.endsWith(' durable'))
    .reduce((sum, line) => sum + (([start, end]) => Number(end) - Number(start))(line.split(' ')), 0);
}

const bytesThere: Record<Region, () => Promise<number>> = {
  bucket: () => bucket.bytesPut(),
  share: bytesJournaled,
};

/** Lists everything in a region except the objects. */
async function leftovers(region: Region): Promise<string[]> {
  if (region === 'share') return readdir(fileOf('.image-replicator')).catch(() => []);
  return [...(await bucket.keys('prefix/.image-replicator/')), ...(await bucket.uploads())];
}

async function putAt(region: Region, data: Uint8Array): Promise<void> {
  if (region === 'share') await putFile(PATH, data);
  else await objectsOf('bucket').write(PATH, data, signal);
}

const isCopied = async (to: Region) => (await dataOf(asStore(objectsOf(to)), PATH)).equals(DATA);

const WAYS: [Region, Region][] = [
  ['share', 'bucket'],
  ['bucket', 'share'],
];

test.each(WAYS)(
  'an object is copied from the %s to the %s, and replaces the object there',
  async (from, to) => {
    await putAt(from, DATA);
    await putAt(to, OLD);
    await deployment.startWorker();
    const job = await endOf(deployment, await start(from, to));
    expect(job).toMatchObject({ status: 'replicated', image_size: SIZE, destination_image_id: PATH });
    expect(await isCopied(to)).toBe(true);
    expect(await pathsOf(objectsOf(to))).toEqual([PATH]);
    expect(await leftovers(to)).toEqual([]);
  },
);

test.each(WAYS.filter(([, to]) => to === 'share' || SERVER.listsChecksums))(
  'after SIGKILL during a copy from the %s to the %s another worker goes on, and reads no stored part again',
  async (from, to) => {
    await putAt(from, DATA);
    const first = await deployment.startSlowWorker(300, 300);
    const jobId = await start(from, to);
    await until(async () => (await bytesThere[to]()) >= SIZE / 3);
    await first.stop('SIGKILL');
    const there = await bytesThere[to]();
    expect(there).toBeLessThan(SIZE);

    const second = await deployment.startWorker();
    expect(await endOf(deployment, jobId)).toMatchObject({ status: 'replicated' });
    const [attempt] = second.logged('attempt ended');
    expect(Number(attempt?.read)).toBeLessThanOrEqual(SIZE - there);
    expect(await isCopied(to)).toBe(true);
    expect(await leftovers(to)).toEqual([]);
  },
);

test.each(WAYS)(
  'a cancelled copy from the %s to the %s leaves the object that was there',
  async (from, to) => {
    await putAt(from, DATA);
    await putAt(to, OLD);
    await deployment.startSlowWorker(300, 300);
    const jobId = await start(from, to);
    await until(async () => (await bytesThere[to]()) >= SIZE / 8);
    await deployment.command('cancel', jobId);
    expect(await endOf(deployment, jobId)).toMatchObject({ status: 'canceled', fault: null });
    expect(await leftovers(to)).toEqual([]);
    expect(await bytesOf(objectsOf(to), PATH)).toEqual(OLD);
  },
);
