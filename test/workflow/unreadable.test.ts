/**
 * Tests jobs that Temporal has paused while a Workflow Task waited for a worker. After that no worker can
 * read their histories.
 */
import { expect, test } from 'vitest';
import type { JobView } from '../../src/job-service/index.ts';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { endOf, type Job, type Rig, startRig } from '../support/workflow-rig.ts';

/** Returns the job with a handle to its last run. */
const lastRunOf = ({ client }: Rig, job: Job): Job => ({
  ...job,
  handle: client.workflow.getHandle(job.handle.workflowId),
});

async function shown({ deployment }: Rig, id: string): Promise<JobView> {
  return JSON.parse((await deployment.command('--json', 'show', id)).stdout);
}

test.each([
  ['resume', 'replicated'],
  ['cancel', 'canceled'],
])('after a pause before any worker ran, %s is obeyed', async (command, status) => {
  const rig = await startRig({ workers: false });
  try {
    const job = await rig.startJob();
    await rig.deployment.temporal('workflow', 'pause', '-w', job.handle.workflowId);
    expect(await rig.deployment.command(command, job.handle.workflowId)).toMatchObject({ code: 0 });
    await Promise.all([rig.workers.startWorkflows(), rig.workers.startStores()]);
    expect((await endOf(lastRunOf(rig, job))).details.status).toBe(status);
  } finally {
    await rig.stop();
  }
});

test('a native cancellation that came during such a pause is obeyed after `resume`', async () => {
  const rig = await startRig({ workers: false });
  const { deployment } = rig;
  try {
    const job = lastRunOf(rig, await rig.startJob());
    const id = job.handle.workflowId;
    await deployment.temporal('workflow', 'pause', '-w', id);
    await deployment.temporal('workflow', 'cancel', '-w', id);
    expect(await deployment.command('resume', id)).toMatchObject({ code: 0 });
    expect((await shown(rig, id)).status).toBe('cancel_requested');
    await Promise.all([rig.workers.startWorkflows(), rig.workers.startStores()]);
    expect(await endOf(job)).toMatchObject({ closed: 'CANCELLED', details: { status: 'canceled' } });
  } finally {
    await rig.stop();
  }
});

test('a job whose worker died before it read a cancel goes on after `resume`, and obeys the cancel', async () => {
  const rig = await startRig({ workers: false });
  const { deployment, client } = rig;
  try {
    const worker = await deployment.startSlowWorker(200);
    const job = lastRunOf(rig, await rig.startJob({ size: 64 * MIB }));
    const id = job.handle.workflowId;
    await until(async () => (await shown(rig, id)).bytes_copied > 0);
    await worker.stop('SIGKILL');
    await client.workflow.getHandle(id).signal('cancel', {});
    await deployment.temporal('workflow', 'pause', '-w', id);
    await deployment.temporal('workflow', 'unpause', '-w', id);
    // This worker gets the history of the job, but cannot read it.
    await deployment.startWorker();
    await until(async () => ((await job.handle.describe()).raw.pendingWorkflowTask?.attempt ?? 0) > 1);
    expect(await deployment.command('resume', id)).toMatchObject({ code: 0 });
    expect(await endOf(job)).toMatchObject({ closed: 'CANCELLED', details: { status: 'canceled' } });
    expect(await rig.traces(job)).toEqual([]);
  } finally {
    await rig.stop();
  }
});

test.each([[[]], [['--force']]])(
  'a job whose Workflow Tasks keep failing can be cancelled with `cancel %s`, and obeys when it is resumed',
  async (force) => {
    const rig = await startRig({ workers: false });
    const { deployment } = rig;
    try {
      const job = lastRunOf(rig, await rig.startJob());
      const id = job.handle.workflowId;
      await deployment.temporal('workflow', 'pause', '-w', id);
      await deployment.temporal('workflow', 'unpause', '-w', id);
      await Promise.all([rig.workers.startWorkflows(), rig.workers.startStores()]);
      // From the third attempt on, Temporal refuses updates.
      await until(async () => ((await job.handle.describe()).raw.pendingWorkflowTask?.attempt ?? 0) > 2);
      expect(await deployment.command('cancel', id, ...force)).toMatchObject({ code: 0 });
      expect((await shown(rig, id)).status).toBe('cancel_requested');
      expect(await deployment.command('resume', id)).toMatchObject({ code: 0 });
      expect(await endOf(job)).toMatchObject({ closed: 'CANCELLED', details: { status: 'canceled' } });
    } finally {
      await rig.stop();
    }
  },
);
