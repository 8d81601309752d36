import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import { until } from '../support/until.ts';

const DOCUMENTED = [
  'copy_progress',
  'destination_image_id',
  'destination_region_id',
  'destination_tenant_id',
  'job_id',
  'source_image_id',
  'source_image_name',
  'source_region_id',
  'source_tenant_id',
  'status',
];
const OURS = [
  'image_size',
  'bytes_copied',
  'created_at',
  'updated_at',
  'fault',
  'attempt',
  'last_fault',
  'next_retry_at',
  'waiting_for',
  'paused',
  'pause',
];
const SIZE = 64 * MIB;

let deployment: Deployment;
let tenant: EclClient;
beforeAll(async () => {
  deployment = await deploy({ limits: { lanes: 1, heartbeat_timeout: '30s' } });
  await Promise.all([deployment.startSlowWorker(250), deployment.startApi()]);
  tenant = eclClient(deployment);
});
afterAll(() => deployment.stop());

test('an answer has the ten documented keys, and ours in addition', async () => {
  const image = await deployment.addImage('ot1', 3 * MIB, { owner: 'tenant-a', name: 'ubuntu' });
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  await tenant.ended(jobId);
  const answer = await tenant.show(jobId);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-openstack-request-id']).toMatch(/^req-/);
  const job = JSON.parse(answer.text);
  expect(Object.keys(job)).toEqual(expect.arrayContaining([...DOCUMENTED, ...OURS]));
  expect(job).toMatchObject({ image_size: 3 * MIB, bytes_copied: 3 * MIB, fault: null, waiting_for: null });
  expect(new Date(job.created_at).toISOString()).toBe(job.created_at);
  expect(Date.parse(job.updated_at)).toBeGreaterThanOrEqual(Date.parse(job.created_at));
});

test('a job can be seen by its source tenant and by its destination tenant', async () => {
  const other = eclClient(deployment, deployment.tokens.b);
  const image = await deployment.addImage('ot1', 10, { owner: 'tenant-a' });
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-b' });
  await tenant.ended(jobId);
  const [one, two] = await Promise.all([tenant.job(jobId), other.job(jobId)]);
  expect(two).toEqual(one);
});

test('a running job shows the number of its attempt', async () => {
  const image = await deployment.addImage('ot1', SIZE);
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  const job = await until(async () => {
    const seen = await tenant.job(jobId);
    return seen.phase === 'transfer' && seen.bytes_copied > 0 && seen;
  });
  expect(job).toMatchObject({ status: 'replicating', attempt: 1, last_fault: null, next_retry_at: null });
});

test('a copy whose bytes differ from the digest in the record ends with an error that says so', async () => {
  const image = await deployment.addImage('ot1', 1000);
  await writeFile(join(deployment.folder, 'ot1', image.id, 'data'), Buffer.alloc(1000, 1));
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  const job = await tenant.ended(jobId);
  expect(job).toMatchObject({
    status: 'error',
    destination_image_id: null,
    fault: { code: 'digest_mismatch', side: 'source' },
  });
  expect(job.copy_progress).toBeLessThan(100);
  expect(await deployment.files('ot2')).not.toContain(jobId);
});
