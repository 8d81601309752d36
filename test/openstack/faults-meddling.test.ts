import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { tokenOf } from './keystone-rig.ts';
import { addImage, callGlance, showImage } from './support/images.ts';
import { FILE, type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const DATA = randomBytes(40 * MIB);

let regions: ProxiedRegions;
let imageId: string;
beforeEach(async () => {
  regions = await proxiedRegions();
  imageId = (await addImage('ot1', regions.alice, DATA)).id;
  await regions.deployment.startWorker();
});
afterEach(() => regions.stop());

/** Starts a copy whose upload stands still in the middle. Returns the id of the job. */
async function uploading(): Promise<string> {
  regions.destination.inject({ method: 'PUT', path: FILE, request: { after: 4 * MIB, pause: 6000 } });
  const jobId = await regions.copy(imageId);
  await until(() => regions.destination.bytes.request >= 4 * MIB);
  return jobId;
}

async function endsWith(jobId: string, code: string, side: 'source' | 'destination'): Promise<void> {
  const job = await regions.alice.jobs.ended(jobId);
  expect(job).toMatchObject({ status: 'error', destination_image_id: null, fault: { code, side } });
}

test('an image that its owner deletes during the upload fails the job, and is not made again', async () => {
  const jobId = await uploading();
  expect((await callGlance('ot2', regions.alice, 'DELETE', `/${jobId}`)).status).toBe(204);
  await endsWith(jobId, 'not_found', 'destination');
  expect(regions.destination.count('PUT', FILE)).toBe(1);
  await regions.expectNothingLeft(jobId);
});

test('an image into which its owner uploads own data fails the job, and stays with its owner', async () => {
  // No byte of the source comes before the owner's upload has ended.
  regions.source.inject({ method: 'GET', path: FILE, times: 100, status: 503 });
  const jobId = await regions.copy(imageId);
  await until(async () => (await showImage('ot2', regions.alice, jobId)).status === 'queued');
  const own = randomBytes(MIB);
  const headers = { 'content-type': 'application/octet-stream' };
  const put = await callGlance('ot2', regions.alice, 'PUT', `/${jobId}/file`, { headers, body: own });
  expect(put.status).toBe(204);
  regions.source.heal();
  await endsWith(jobId, 'conflict', 'destination');
  const image = await showImage('ot2', regions.alice, jobId);
  expect(image.status).toBe('active');
  expect(image.os_hash_value).toBe(createHash('sha512').update(own).digest('hex'));
  expect(image).not.toHaveProperty('image_replicator_job');
});

test('a source that is deleted during the copy fails the job, and nothing is left', async () => {
  const jobId = await regions.halfCopy(imageId);
  expect((await callGlance('ot1', regions.alice, 'DELETE', `/${imageId}`)).status).toBe(204);
  regions.source.heal();
  await endsWith(jobId, 'not_found', 'source');
  await regions.expectNothingLeft(jobId);
});

test('a source that is deactivated during the copy fails the job, and nothing is left', async () => {
  const jobId = await regions.halfCopy(imageId);
  const admin = { token: await tokenOf('admin', 'admin') };
  await callGlance('ot1', admin, 'POST', `/${imageId}/actions/deactivate`);
  regions.source.heal();
  await endsWith(jobId, 'not_active', 'source');
  await regions.expectNothingLeft(jobId);
});
