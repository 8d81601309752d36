import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { addImage, patchImage, showImage } from './support/images.ts';
import { type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const DATA = randomBytes(40 * MIB);

let it: ProxiedRegions;
let imageId: string;
beforeEach(async () => {
  it = await proxiedRegions();
  imageId = (await addImage('ot1', it.alice, DATA)).id;
});
afterEach(() => it.stop());

async function cancelled(jobId: string): Promise<void> {
  expect((await it.alice.jobs.cancel(jobId)).status).toBe(204);
  expect(await it.alice.jobs.ended(jobId)).toMatchObject({ status: 'canceled', destination_image_id: null });
  await it.expectNothingLeft(jobId);
}

/** Starts a copy whose upload stands still in the middle. */
async function uploading(): Promise<string> {
  await it.deployment.startWorker();
  return it.halfCopy(imageId);
}

test('a cancel while the job is queued leaves nothing', async () => {
  const jobId = await it.copy(imageId);
  expect((await it.alice.jobs.cancel(jobId)).status).toBe(204);
  await it.deployment.startWorker();
  expect(await it.alice.jobs.ended(jobId)).toMatchObject({ status: 'canceled' });
  await it.expectNothingLeft(jobId);
});

test('a cancel while the image is uploaded leaves nothing', async () => {
  await cancelled(await uploading());
});

test('a cancel removes a half-made image that its owner has protected', async () => {
  const jobId = await uploading();
  const protect = { op: 'replace', path: '/protected', value: true };
  expect((await patchImage('ot2', it.alice, jobId, protect)).status).toBe(200);
  await cancelled(jobId);
});

test.each(['request', 'response'] as const)(
  'a cancel while the image is committed leaves nothing (its last change hangs on the way, %s)',
  async (way) => {
    it.destination.inject({ method: 'PATCH', [way]: { after: 1, pause: 8000 } });
    await it.deployment.startWorker();
    const jobId = await it.copy(imageId);
    await until(() => it.destination.count('PATCH', /./) > 0);
    expect((await showImage('ot2', it.alice, jobId)).status).toBe('active');
    await cancelled(jobId);
  },
);
