import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, MIB } from '../support/deployment.ts';
import { messageOf } from '../support/http.ts';
import { cloudOf } from './support/cloud.ts';
import { deployOnCloud } from './support/glance-deployment.ts';
import { storeFiles } from './support/glance-state.ts';
import { addImage, showImage } from './support/images.ts';
import { type Tenant, tenant } from './support/tenants.ts';

const DATA = randomBytes(12 * MIB);
const cloud = cloudOf();
let deployment: Deployment;
beforeAll(async () => {
  deployment = await deployOnCloud();
  await deployment.startApi();
});
afterAll(() => deployment.stop());

/** Signs alice in to a new project with room for `mebibytes` MiB in ot2. */
async function aliceWithRoom(mebibytes: number): Promise<Tenant> {
  const { id, name } = await cloud.newProject({ alice: 'member', copier: 'member' });
  await cloud.setLimit(id, 'image_size_total', mebibytes);
  return tenant(deployment, 'alice', name);
}

test('a copy for which there is no room is refused at once, and the message names the quota', async () => {
  const alice = await aliceWithRoom(10);
  const image = await addImage('ot1', alice, DATA);
  const answer = await alice.jobs.copy({ image_id: image.id, tenant_id_dst: alice.project });
  expect(answer.status).toBe(413);
  expect(messageOf(answer)).toContain('image_size_total');
  expect(await alice.jobs.jobs()).toEqual([]);
});

test('a copy waits while the project has too many uploads under way', async () => {
  const alice = await aliceWithRoom(100);
  await cloud.setLimit(alice.project, 'image_count_uploading', 0);
  const image = await addImage('ot1', alice, DATA);
  const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  const worker = await deployment.startWorker();
  const waiting = { last_fault: { code: 'unavailable', side: 'destination' } };
  await expect.poll(() => alice.jobs.job(jobId)).toMatchObject(waiting);
  await cloud.setLimit(alice.project, 'image_count_uploading', 10);
  expect(await alice.jobs.ended(jobId)).toMatchObject({ status: 'replicated' });
  await worker.stop('SIGTERM');
});

test('a quota that is used up in the meantime fails the job, and nothing is left', async () => {
  const alice = await aliceWithRoom(100);
  const image = await addImage('ot1', alice, DATA);
  const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  await addImage('ot2', alice, DATA);
  await cloud.setLimit(alice.project, 'image_size_total', 10);
  await deployment.startWorker();
  const job = await alice.jobs.ended(jobId);
  expect(job).toMatchObject({ status: 'error', fault: { code: 'quota_exceeded', side: 'destination' } });
  expect(await showImage('ot2', alice, jobId)).toEqual({ status: 'gone' });
  expect(await storeFiles('ot2')).not.toContain(jobId);
});
