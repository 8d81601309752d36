import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { addImage, showImage } from './support/images.ts';
import { FILE, type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const SIZE = 48 * MIB;
/** The bytes that the lanes may hold: four parts of 8 MiB. */
const IN_FLIGHT = 32 * MIB;
const DATA = randomBytes(SIZE);

let regions: ProxiedRegions;
afterEach(() => regions.stop());

/** Ends the worker during the upload, and lets another one take over. */
async function copyWithTwoWorkers(signal: 'SIGKILL' | 'SIGTERM', spool: boolean): Promise<string> {
  regions = await proxiedRegions({ spool });
  const image = await addImage('ot1', regions.alice, DATA);
  const worker = await regions.deployment.startWorker();
  const jobId = await regions.halfCopy(image.id);
  await worker.stop(signal);
  regions.source.heal();
  await regions.deployment.startWorker();
  expect(await regions.alice.jobs.ended(jobId)).toMatchObject({
    status: 'replicated',
    verified_by: 'sha512',
  });
  const copy = await showImage('ot2', regions.alice, jobId);
  expect(copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value });
  expect(regions.destination.count('POST', /\/images$/)).toBe(1);
  return jobId;
}

test('if a worker is killed during an upload, another one starts the upload over', async () => {
  await copyWithTwoWorkers('SIGKILL', false);
  expect(regions.destination.count('PUT', FILE)).toBe(2);
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'with a spool, the source is not read again after %s',
  async (signal) => {
    await copyWithTwoWorkers(signal, true);
    expect(regions.destination.count('PUT', FILE)).toBe(2);
    expect(regions.source.bytes.response).toBeLessThan(SIZE + IN_FLIGHT + MIB);
    expect(await regions.spooled()).toEqual([]);
  },
);

test('a worker that starts removes the spooled data of a job that has ended in the meantime', async () => {
  regions = await proxiedRegions({ spool: true });
  const image = await addImage('ot1', regions.alice, DATA);
  const worker = await regions.deployment.startWorker();
  const jobId = await regions.halfCopy(image.id);
  await worker.stop('SIGKILL');
  expect(await regions.spooled()).toHaveLength(1);
  await regions.deployment.client.workflow.getHandle(jobId).terminate();
  await regions.deployment.startWorker();
  await until(async () => (await regions.spooled()).length === 0);
});

test('a copy waits for room in the spool', async () => {
  regions = await proxiedRegions({ spool: true });
  const data = randomBytes(120 * MIB);
  const images = [await addImage('ot1', regions.alice, data), await addImage('ot1', regions.alice, data)];
  await regions.deployment.startWorker();
  const jobs = [await regions.halfCopy(images[0].id), await regions.copy(images[1].id)];
  await until(async () => {
    const faults = await Promise.all(
      jobs.map(async (id) => (await regions.alice.jobs.job(id)).last_fault?.message),
    );
    return faults.some((message) => message?.includes('room'));
  });
  regions.source.heal();
  for (const id of jobs) expect(await regions.alice.jobs.ended(id)).toMatchObject({ status: 'replicated' });
  expect(await regions.spooled()).toEqual([]);
});
