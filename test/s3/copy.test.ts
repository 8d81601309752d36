import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataOf } from '../stores/store-under-test.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { endOf, startJob } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { openBucket, type TestBucket } from './bucket-rig.ts';
import { SERVER } from './s3-under-test.ts';

const SIZE = 128 * MIB;

let deployment: Deployment;
let bucket: TestBucket;
beforeEach(async () => {
  bucket = await openBucket();
  deployment = await deploy({
    // A slow worker delays each read and each write of a file. With many lanes, it would not be slow.
    limits: { lanes: 4 },
    config: {
      regions: {
        ot1: { store: { driver: 'directory', path: 'ot1' } },
        ot2: bucket.region('run/ot2'),
        ot3: bucket.region('run/ot3'),
      },
    },
  });
});
afterEach(async () => {
  await deployment.stop();
  bucket.close();
});

async function copied(imageId: string, from: string, to: string): Promise<string> {
  const { code, stdout, stderr } = await deployment.command(
    '--json',
    'copy',
    imageId,
    '--from',
    from,
    '--to',
    to,
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').job_id;
}

test('an image is copied from a directory to S3, within S3, and back to a directory', async () => {
  const image = await deployment.addImage('ot1', 20 * MIB + 1);
  await deployment.startWorker();
  const second = await copied(image.id, 'ot1', 'ot2');
  const third = await copied(second, 'ot2', 'ot3');
  const back = await copied(third, 'ot3', 'ot1');
  const store = (region: string) => deployment.regions.get(region)?.store;
  const [first, last] = [store('ot1'), store('ot3')];
  if (first === undefined || last === undefined) throw new Error('a region is missing');
  const data = await dataOf(first, image.id);
  expect((await dataOf(last, third)).equals(data)).toBe(true);
  expect((await dataOf(first, back)).equals(data)).toBe(true);
  const { record } = await last.inspect({ image_id: third, tenant_id: null });
  expect(record).toMatchObject({ name: 'test', os_hash_value: image.os_hash_value });
});

test.runIf(SERVER.listsChecksums)(
  'after SIGKILL another worker goes on, and no part that S3 has is read again',
  async () => {
    const image = await deployment.addImage('ot1', SIZE);
    const first = await deployment.startSlowWorker(300);
    const jobId = await startJob(deployment, image.id);
    await until(async () => (await bucket.bytesPut()) >= SIZE / 3);
    await first.stop('SIGKILL');
    const there = await bucket.bytesPut();
    expect(there).toBeLessThan(SIZE);

    const second = await deployment.startWorker();
    expect(await endOf(deployment, jobId)).toMatchObject({
      status: 'replicated',
      sha512: image.os_hash_value,
    });
    const [attempt] = second.logged('attempt ended');
    // Bytes that were on their way when the worker died may have arrived in the meantime.
    expect(Number(attempt?.read)).toBeLessThanOrEqual(SIZE - there);
  },
);

test('a copy that is cancelled in the middle leaves no object and no upload', async () => {
  const image = await deployment.addImage('ot1', SIZE);
  await deployment.startSlowWorker(300);
  const jobId = await startJob(deployment, image.id);
  await until(async () => (await bucket.bytesPut()) >= SIZE / 8);
  await deployment.command('cancel', jobId);
  expect(await endOf(deployment, jobId)).toMatchObject({ status: 'canceled', fault: null });
  expect(await bucket.keys()).toEqual([]);
  expect(await bucket.uploads()).toEqual([]);
});
