import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let tenant: EclClient;
let imageId: string;
beforeAll(async () => {
  deployment = await deploy();
  await deployment.startApi();
  tenant = eclClient(deployment);
  imageId = (await deployment.addImage('ot1', 1000, { owner: 'tenant-a', name: 'ubuntu' })).id;
});
afterAll(() => deployment.stop());

const start = () => tenant.start({ image_id: imageId, tenant_id_dst: 'tenant-a' });
const describeJob = (jobId: string) => deployment.client.workflow.getHandle(jobId).describe();

test('a job shows all that is known about it, and after a while what it is waiting for', async () => {
  const jobId = await start();
  expect(await tenant.job(jobId)).toMatchObject({
    job_id: jobId,
    status: 'replicate_requested',
    copy_progress: 0,
    source_image_id: imageId,
    source_image_name: 'ubuntu',
    source_region_id: 'ot1',
    source_tenant_id: 'tenant-a',
    destination_image_id: null,
    destination_region_id: 'ot2',
    destination_tenant_id: 'tenant-a',
    image_size: 1000,
    bytes_copied: 0,
    fault: null,
  });
  const waiting = await until(async () => (await tenant.job(jobId)).waiting_for);
  expect(waiting).toBe('a worker on Task Queue image-copy');
});

test('a job is listed before a worker has taken it', async () => {
  const jobId = await start();
  const listed = await until(async () => (await tenant.jobs()).find(({ job_id }) => job_id === jobId));
  expect(listed).toMatchObject({ status: 'replicate_requested', source_image_name: 'ubuntu' });
});

test('a job that was terminated is shown as an error', async () => {
  const jobId = await start();
  await deployment.temporal('workflow', 'terminate', '-w', jobId);
  expect(await tenant.job(jobId)).toMatchObject({
    status: 'error',
    destination_image_id: null,
    waiting_for: null,
    fault: { code: 'terminated' },
  });
  expect((await tenant.cancel(jobId)).status).toBe(409);
});

test('a cancel is accepted once, shown, and carried out by the next worker', async () => {
  const jobId = await start();
  const bystander = await start();
  const answer = await tenant.cancel(jobId);
  expect([answer.status, answer.text]).toEqual([204, '']);
  expect(await tenant.job(jobId)).toMatchObject({ status: 'cancel_requested', destination_image_id: null });
  const again = await tenant.cancel(jobId);
  expect(again.status).toBe(409);
  expect(JSON.parse(again.text).message).toContain('cancel_requested');

  await deployment.startWorker();
  expect(await tenant.ended(jobId)).toMatchObject({ status: 'canceled', copy_progress: 0, fault: null });
  expect((await describeJob(jobId)).status.name).toBe('CANCELLED');
  expect(await tenant.ended(bystander)).toMatchObject({ status: 'replicated' });
  const files = await deployment.files('ot2');
  expect(files.filter((name) => name.includes(jobId))).toEqual([]);
  expect((await tenant.cancel(jobId)).status).toBe(409);
});
