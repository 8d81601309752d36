import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobView } from '../../src/job-service/index.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import { spawnProcess, type TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const SLOW_READS = join(import.meta.dirname, '../support/slow-reads.ts');
const SIZE = 64 * MIB;

let deployment: Deployment;
let tenant: EclClient;
let copies: TestProcess;
let workflows: TestProcess;
let imageId: string;
beforeAll(async () => {
  deployment = await deploy({ limits: { lanes: 1 } });
  const args = ['--import', SLOW_READS, MAIN, 'worker', '--region', 'ot2', '--no-workflows'];
  copies = spawnProcess(process.execPath, args, { ...deployment.env, SLOW_READS: '150' });
  workflows = await deployment.startWorker('--region', 'ot1');
  await deployment.startApi();
  await until(() => copies.logged('ready').length > 0);
  tenant = eclClient(deployment);
  imageId = (await deployment.addImage('ot1', SIZE, { owner: 'tenant-a' })).id;
});
afterAll(async () => {
  await copies.stop('SIGKILL');
  await deployment.stop();
});

test('the progress of a copy is an integer that never falls, and is 100 only at the end', async () => {
  const jobId = await tenant.start({ image_id: imageId, tenant_id_dst: 'tenant-a' });
  const seen: JobView[] = [];
  await until(async () => {
    seen.push(await tenant.job(jobId));
    return seen.at(-1)?.status === 'replicated';
  });

  const progress = seen.map(({ copy_progress }) => copy_progress);
  expect(progress.every(Number.isInteger)).toBe(true);
  expect(progress).toEqual(progress.toSorted((one, other) => one - other));
  expect(new Set(progress).size).toBeGreaterThan(2);
  const bytes = seen.map(({ bytes_copied }) => bytes_copied);
  expect(bytes).toEqual(bytes.toSorted((one, other) => one - other));
  expect(Math.max(...bytes)).toBe(SIZE);
  for (const { status, copy_progress, destination_image_id } of seen) {
    expect(copy_progress === 100).toBe(status === 'replicated');
    if (status === 'replicate_requested') expect([copy_progress, destination_image_id]).toEqual([0, null]);
    if (status === 'replicated') expect(destination_image_id).toBe(jobId);
  }
  const order = ['replicate_requested', 'replicating', 'replicated'];
  const steps = seen.map(({ status }) => order.indexOf(status));
  expect(steps).toEqual(steps.toSorted((one, other) => one - other));
  expect(steps).toContain(1);
});

test('the progress does not fall while no worker can record the end of the transfer', async () => {
  const jobId = await tenant.start({ image_id: imageId, tenant_id_dst: 'tenant-a' });
  const before = await until(async () => {
    const job = await tenant.job(jobId);
    return job.copy_progress > 0 && job;
  });
  await workflows.stop('SIGKILL');
  await until(async () => {
    const { raw } = await deployment.client.workflow.getHandle(jobId).describe();
    return (raw.pendingActivities ?? []).length === 0;
  });
  const after = await tenant.job(jobId);
  expect(after.status).toBe('replicating');
  expect(after.copy_progress).toBeGreaterThanOrEqual(before.copy_progress);
  expect(after.bytes_copied).toBeGreaterThanOrEqual(before.bytes_copied);
  await deployment.startWorker('--region', 'ot1');
  expect(await tenant.ended(jobId)).toMatchObject({ status: 'replicated', copy_progress: 100 });
});
