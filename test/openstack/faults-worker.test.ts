import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { addImage, showImage } from './support/images.ts';
import { FILE, type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const SIZE = 48 * MIB;
/** What the lanes may have in hand: four parts of 8 MiB. */
const IN_FLIGHT = 32 * MIB;
const DATA = randomBytes(SIZE);

let it: ProxiedRegions;
afterEach(() => it.stop());

/** Ends the worker while the upload is under way; another one takes over. */
async function copyWithTwoWorkers(signal: 'SIGKILL' | 'SIGTERM', spool: boolean): Promise<string> {
  it = await proxiedRegions({ spool });
  const image = await addImage('ot1', it.alice, DATA);
  const worker = await it.deployment.startWorker();
  const jobId = await it.halfCopy(image.id);
  await worker.stop(signal);
  it.source.heal();
  await it.deployment.startWorker();
  expect(await it.alice.jobs.ended(jobId)).toMatchObject({ status: 'replicated', verified_by: 'sha512' });
  const copy = await showImage('ot2', it.alice, jobId);
  expect(copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value });
  expect(it.destination.count('POST', /\/images$/)).toBe(1);
  return jobId;
}

test('a worker that is killed in mid-upload has another one start the upload over', async () => {
  await copyWithTwoWorkers('SIGKILL', false);
  expect(it.destination.count('PUT', FILE)).toBe(2);
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'with a spool, the source is not read again after %s',
  async (signal) => {
    await copyWithTwoWorkers(signal, true);
    expect(it.destination.count('PUT', FILE)).toBe(2);
    expect(it.source.bytes.response).toBeLessThan(SIZE + IN_FLIGHT + MIB);
    expect(await it.spooled()).toEqual([]);
  },
);

test('a worker that starts removes what is in the spool of a job that has ended without it', async () => {
  it = await proxiedRegions({ spool: true });
  const image = await addImage('ot1', it.alice, DATA);
  const worker = await it.deployment.startWorker();
  const jobId = await it.halfCopy(image.id);
  await worker.stop('SIGKILL');
  expect(await it.spooled()).toHaveLength(1);
  await it.deployment.client.workflow.getHandle(jobId).terminate();
  await it.deployment.startWorker();
  await until(async () => (await it.spooled()).length === 0);
});

test('a copy waits for room in the spool', async () => {
  it = await proxiedRegions({ spool: true });
  const data = randomBytes(120 * MIB);
  const images = [await addImage('ot1', it.alice, data), await addImage('ot1', it.alice, data)];
  await it.deployment.startWorker();
  const jobs = [await it.halfCopy(images[0].id), await it.copy(images[1].id)];
  await until(async () => {
    const faults = await Promise.all(
      jobs.map(async (id) => (await it.alice.jobs.job(id)).last_fault?.message),
    );
    return faults.some((message) => message?.includes('room'));
  });
  it.source.heal();
  for (const id of jobs) expect(await it.alice.jobs.ended(id)).toMatchObject({ status: 'replicated' });
  expect(await it.spooled()).toEqual([]);
});
