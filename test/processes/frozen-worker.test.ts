import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { endOf, startJob, untilWritten } from '../support/jobs.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const SIZE = 48 * MIB;

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy();
});
afterEach(() => deployment.stop());

/** A copy in mid-transfer whose worker was stopped, as a paused virtual machine is. */
async function frozenCopy(): Promise<{ jobId: string; frozen: TestProcess }> {
  const image = await deployment.addImage('ot1', SIZE);
  const frozen = await deployment.startSlowWorker(300);
  const jobId = await startJob(deployment, image.id);
  await untilWritten(deployment, jobId, 4 * MIB);
  process.kill(frozen.pid, 'SIGSTOP');
  return { jobId, frozen };
}

/** Lets a worker go on, and waits until it has noticed that its attempt is over. */
async function wake(frozen: TestProcess): Promise<void> {
  process.kill(frozen.pid, 'SIGCONT');
  await until(() => frozen.logged('attempt ended').length > 0);
  await frozen.stop('SIGTERM');
}

test('a worker that was frozen in mid-transfer leaves the image that another one has finished', async () => {
  const { jobId, frozen } = await frozenCopy();
  await deployment.startWorker();
  const job = await endOf(deployment, jobId);
  expect(job.status).toBe('replicated');
  await wake(frozen);
  expect(await deployment.files('ot2')).toEqual([jobId]);
  const { stdout } = await deployment.command('--json', 'images', 'list', '--region', 'ot2');
  expect(JSON.parse(stdout)).toMatchObject([{ id: jobId, size: SIZE, os_hash_value: job.sha512 }]);
});

test('a worker that was frozen in mid-transfer leaves what a run after a reset makes', async () => {
  const { jobId, frozen } = await frozenCopy();
  await deployment.startWorker();
  await deployment.temporal(
    'workflow',
    'reset',
    '-w',
    jobId,
    '--type',
    'FirstWorkflowTask',
    '--reason',
    'test',
  );
  expect((await endOf(deployment, jobId)).status).toBe('replicated');
  await wake(frozen);
  expect(await deployment.files('ot2')).toEqual([jobId]);
});

test('a worker that was frozen in mid-transfer brings nothing of a cancelled copy back', async () => {
  const { jobId, frozen } = await frozenCopy();
  await deployment.startWorker();
  expect((await deployment.command('cancel', jobId)).code).toBe(0);
  expect((await endOf(deployment, jobId)).status).toBe('canceled');
  await wake(frozen);
  expect(await deployment.files('ot2')).toEqual([]);
});
