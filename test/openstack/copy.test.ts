import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { deployOnCloud } from './support/glance-deployment.ts';
import { addImage, showImage } from './support/images.ts';
import { tenant } from './support/tenants.ts';

const MIB = 1024 * 1024;
let deployment: Deployment;
beforeAll(async () => {
  deployment = await deployOnCloud();
  await Promise.all([deployment.startWorker(), deployment.startApi()]);
});
afterAll(() => deployment.stop());

test('a tenant copies an image with a token and one call', async () => {
  const alice = await tenant(deployment, 'alice', 'tenant-a');
  const image = await addImage('ot1', alice, randomBytes(40 * MIB));
  const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  const job = await alice.jobs.ended(jobId);
  expect(job).toMatchObject({ status: 'replicated', sha512: image.os_hash_value, verified_by: 'sha512' });
  const copy = await showImage('ot2', alice, jobId);
  expect(copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value, owner: alice.project });
});
