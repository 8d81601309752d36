import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFinal } from '../../src/copy-job/index.ts';
import { type Deployment, MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { cloudWithTenants } from './support/cloud-with-tenants.ts';
import { callGlance, showImage } from './support/images.ts';
import { addLargeImage } from './support/large-image.ts';
import type { Tenant } from './support/tenants.ts';

let deployment: Deployment;
let alice: Tenant;
beforeAll(async () => {
  ({ deployment, alice } = await cloudWithTenants());
});
afterAll(() => deployment.stop());

test('an image of 2 GiB, which is too large for a 32-bit length, is copied whole', async () => {
  const image = await addLargeImage('ot1', alice, 257);
  const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  try {
    const ended = async () => {
      const job = await alice.jobs.job(jobId);
      return isFinal(job.status) && job;
    };
    expect(await until(ended, 240_000)).toMatchObject({
      status: 'replicated',
      image_size: 257 * 8 * MIB,
      sha512: image.sha512,
    });
    expect(await showImage('ot2', alice, jobId)).toMatchObject({
      status: 'active',
      size: image.size,
      os_hash_value: image.sha512,
    });
  } finally {
    await callGlance('ot1', alice, 'DELETE', `/${image.id}`);
    await callGlance('ot2', alice, 'DELETE', `/${jobId}`);
  }
});
