import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { addImage, patchImage, showImage } from './support/images.ts';
import { type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const DATA = randomBytes(40 * MIB);

let regions: ProxiedRegions;
let imageId: string;
beforeEach(async () => {
  regions = await proxiedRegions();
  imageId = (await addImage('ot1', regions.alice, DATA)).id;
});
afterEach(() => regions.stop());

async function cancelled(jobId: string): Promise<void> {
  expect((await regions.alice.jobs.cancel(jobId)).status).toBe(204);
  expect(await regions.alice.jobs.ended(jobId)).toMatchObject({
    status: 'canceled',
    destination_image_id: null,
  });
  await regions.expectNothingLeft(jobId);
}

/** Starts a copy whose upload stands still in the middle. Returns the id of the job. */
async function uploading(): Promise<string> {
  await regions.deployment.startWorker();
  return regions.halfCopy(imageId);
}

test('a cancel while the job is queued leaves nothing', async () => {
  const jobId = await regions.copy(imageId);
  expect((await regions.alice.jobs.cancel(jobId)).status).toBe(204);
  await regions.deployment.startWorker();
  expect(await regions.alice.jobs.ended(jobId)).toMatchObject({ status: 'canceled' });
  await regions.expectNothingLeft(jobId);
});

test('a cancel while the image is uploaded leaves nothing', async () => {
  await cancelled(await uploading());
});

test('a cancel removes an unfinished image even if its owner has protected it', async () => {
  const jobId = await uploading();
  const protect = { op: 'replace', path: '/protected', value: true };
  expect((await patchImage('ot2', regions.alice, jobId, protect)).status).toBe(200);
  await cancelled(jobId);
});

test.each(['request', 'response'] as const)(
  'a cancel during the commit leaves nothing (the %s of the last change hangs)',
  async (way) => {
    regions.destination.inject({ method: 'PATCH', [way]: { after: 1, pause: 8000 } });
    await regions.deployment.startWorker();
    const jobId = await regions.copy(imageId);
    await until(() => regions.destination.count('PATCH', /./) > 0);
    expect((await showImage('ot2', regions.alice, jobId)).status).toBe('active');
    await cancelled(jobId);
  },
);
