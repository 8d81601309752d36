import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Deployment, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { showJob } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { cloudOf } from './support/cloud.ts';
import { type CloudProcess, startCloud } from './support/cloud-process.ts';
import { deployOnCloud } from './support/glance-deployment.ts';
import { killUpload } from './support/glance-state.ts';
import { addImage, showImage } from './support/images.ts';
import { startProxy } from './support/proxy.ts';

const FILE = /\/file$/;

// No other test uses this cloud, because these tests kill its processes.
let own: CloudProcess;
beforeAll(async () => {
  own = await startCloud();
});
afterAll(() => own?.stop());

let deployment: Deployment;
afterEach(() => deployment?.stop());

test('if Glance dies during an upload, the image is made with another id, and the job shows that id', async () => {
  const cloud = cloudOf(own);
  const slow = await startProxy(own.imageUrl('ot2'));
  await cloud.addRegion('slow', slow.url);
  deployment = await deployOnCloud({
    cloud: own,
    regionNames: { ot2: 'slow' },
    store: { saving_timeout: '3s' },
  });
  await Promise.all([deployment.startApi(), deployment.startWorker()]);
  const alice = {
    token: await cloud.tokenOf('alice', 'tenant-a'),
    project: await cloud.projectId('tenant-a'),
  };
  const jobs = eclClient(deployment, alice.token);
  const image = await addImage(own.imageUrl('ot1'), alice, randomBytes(20 * MIB));
  slow.inject({ method: 'PUT', path: FILE, request: { after: 8 * MIB, pause: 5000 } });
  const jobId = await jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  await until(() => slow.bytes.request >= 8 * MIB);
  await until(() => killUpload('ot2', jobId, own.folder));
  const job = await jobs.ended(jobId);
  expect(job).toMatchObject({ job_id: jobId, status: 'replicated', sha512: image.os_hash_value });
  expect(job.destination_image_id).not.toBe(jobId);
  const [first, copy] = [jobId, job.destination_image_id ?? ''].map((id) =>
    showImage(own.imageUrl('ot2'), alice, id),
  );
  expect(await copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value });
  expect(await first).toEqual({ status: 'gone' });
  await slow.close();
});

test('a copy waits for a Keystone that is away, and then goes on', async () => {
  const cloud = cloudOf(own);
  const source = await startProxy(own.imageUrl('ot1'));
  await cloud.addRegion('source', source.url);
  deployment = await deployOnCloud({ cloud: own, regionNames: { ot1: 'source' } });
  await Promise.all([deployment.startApi(), deployment.startWorker()]);
  const alice = {
    token: await cloud.tokenOf('alice', 'tenant-a'),
    project: await cloud.projectId('tenant-a'),
  };
  const image = await addImage(own.imageUrl('ot1'), alice, randomBytes(40 * MIB));
  source.inject({ method: 'GET', path: FILE, times: 5, response: { after: 2 * MIB, pause: null } });
  source.inject({ method: 'GET', path: FILE, times: 1000, status: 503 });
  const jobs = eclClient(deployment, alice.token);
  const jobId = await jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  await until(() => source.count('GET', FILE) > 5);
  await own.stopKeystone();
  source.heal();
  const waits = async () => (await showJob(deployment, jobId)).last_fault !== null;
  await until(waits);
  await own.startKeystone();
  expect(await jobs.ended(jobId)).toMatchObject({ status: 'replicated', sha512: image.os_hash_value });
  await source.close();
});
