import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { COPY_IMAGE, type CopyRequest, TASK_QUEUE } from '../../src/copy-job/index.ts';
import type { ObjectStore } from '../../src/stores/index.ts';
import { asStore, bytesOf, pathsOf } from '../stores/objects-under-test.ts';
import { dataOf } from '../stores/store-under-test.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { endOf } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { SERVER } from './s3-under-test.ts';

const SIZE = 100 * MIB;
const DATA = randomBytes(SIZE);
const PATH = 'exports/ü/disk 1.raw';
const OLD = Buffer.from('what was there before');
const { signal } = new AbortController();

let deployment: Deployment;
let client: S3Client;
let prefix: string;
const Bucket = `objects-${randomUUID()}`;
beforeEach(async () => {
  const endpoint = inject('s3Endpoint');
  client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket })).catch(() => {});
  prefix = randomUUID();
  const bucket = { driver: 's3', bucket: Bucket, prefix, endpoint, path_style: true };
  const regions = { share: { store: { driver: 'directory', path: 'share' } }, bucket: { store: bucket } };
  deployment = await deploy({
    regions: ['share'],
    config: { regions, api: {} },
    // A slow worker delays each read and each write of a file. With many lanes, it would not be slow.
    limits: { lanes: 4 },
  });
});
afterEach(async () => {
  await deployment.stop();
  client.destroy();
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

async function upload() {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  return Uploads.find(({ Key }) => Key?.startsWith(prefix));
}

/** Returns the number of bytes of unfinished parts that S3 has. */
async function bytesPut(): Promise<number> {
  const found = await upload();
  if (found === undefined) return 0;
  const of = { Bucket, Key: found.Key, UploadId: found.UploadId };
  const { Parts = [] } = await client.send(new ListPartsCommand(of));
  return Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
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

const bytesThere: Record<Region, () => Promise<number>> = { bucket: bytesPut, share: bytesJournaled };

/** Lists everything in a region except the objects. */
async function leftovers(region: Region): Promise<unknown[]> {
  if (region === 'share') return readdir(fileOf('.image-replicator')).catch(() => []);
  const below = { Bucket, Prefix: `${prefix}/.image-replicator/` };
  const { Contents = [] } = await client.send(new ListObjectsV2Command(below));
  return [...Contents, await upload()].filter((left) => left !== undefined);
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
