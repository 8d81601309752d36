import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { bytesWritten, endOf, showJob, startJob } from '../support/jobs.ts';
import { until } from '../support/until.ts';

const MB = 1e6;
const PAIR = 'limits.pair_bandwidth.ot1->ot2';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy({ limits: { pair_bandwidth: { 'ot1->ot2': '4MB/s' } } });
});
afterEach(() => deployment.stop());

test('`show` names the limit that holds a copy back, and a job keeps to a limit that is set while it runs', async () => {
  const image = await deployment.addImage('ot1', 200 * MIB);
  await deployment.startWorker();
  const jobId = await startJob(deployment, image.id);
  await until(async () => (await showJob(deployment, jobId)).held_back_by === PAIR);

  const { code, stdout } = await deployment.command('limit', jobId, '2MB/s');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^limit +1\.9 MiB\/s$/m);
  await until(async () => (await showJob(deployment, jobId)).held_back_by === "the job's own limit");
  const before = await showJob(deployment, jobId);
  await sleep(10_000);
  const after = await showJob(deployment, jobId);
  // The command may take long to start, so the time is taken from the job itself.
  const seconds = (Date.parse(after.updated_at) - Date.parse(before.updated_at)) / 1000;
  const share = (after.bytes_copied - before.bytes_copied) / seconds / (2 * MB);
  expect(seconds).toBeGreaterThan(8);
  expect(share).toBeGreaterThan(0.9);
  expect(share).toBeLessThan(1.1);
  expect(after).toMatchObject({ status: 'replicating', last_fault: null });

  await deployment.command('limit', jobId, 'none');
  await until(async () => (await showJob(deployment, jobId)).held_back_by === PAIR);
  await deployment.command('cancel', jobId);
  await endOf(deployment, jobId);
});

test('a limit that is set while no worker runs takes effect with the next worker', async () => {
  const image = await deployment.addImage('ot1', 60 * MIB);
  const jobId = await startJob(deployment, image.id);
  expect((await deployment.command('limit', jobId, '1MB/s')).code).toBe(0);
  await deployment.startWorker();
  await until(async () => (await showJob(deployment, jobId)).held_back_by === "the job's own limit");
  expect(await showJob(deployment, jobId)).toMatchObject({ bandwidth_limit: MB });
  expect(await bytesWritten(deployment, jobId)).toBeLessThan(60 * MIB);
  await deployment.command('cancel', jobId);
  await endOf(deployment, jobId);
});

test('`limit` refuses a job that has ended, and a text that is not a rate', async () => {
  const image = await deployment.addImage('ot1', 1000);
  await deployment.startWorker();
  const jobId = await startJob(deployment, image.id);
  await endOf(deployment, jobId);
  const late = await deployment.command('limit', jobId, '1MB/s');
  expect([late.code, late.stderr]).toEqual([5, expect.stringContaining('can no longer be limited')]);
  const wrong = await deployment.command('limit', jobId, '1MB');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('a rate such as 20MB/s')]);
});
