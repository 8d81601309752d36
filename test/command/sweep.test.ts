import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { startJob, untilWritten } from '../support/jobs.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let worker: TestProcess;
beforeEach(async () => {
  deployment = await deploy();
  worker = await deployment.startSlowWorker(500);
});
afterEach(() => deployment.stop());

const sweep = async (...args: string[]) => {
  const { code, stdout, stderr } = await deployment.command('--json', 'sweep', ...args);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

/** Starts a copy whose worker dies in the middle of the transfer. Returns its id. */
async function abandonedCopy(): Promise<string> {
  const image = await deployment.addImage('ot1', 64 * MIB);
  const jobId = await startJob(deployment, image.id);
  await untilWritten(deployment, jobId, 4 * MIB);
  await worker.stop('SIGKILL');
  return jobId;
}

test('only a sweep removes the leftovers of a job that was terminated while no worker ran', async () => {
  const jobId = await abandonedCopy();
  await deployment.client.workflow.getHandle(jobId).terminate();
  const partial = { region: 'ot2', kind: 'image in the making', job: jobId, place: `.${jobId}.partial` };

  expect(await sweep()).toMatchObject([{ ...partial, outcome: 'kept' }]);
  const [listed] = await sweep('--dry-run', '--grace', '0s');
  expect(listed).toMatchObject({ ...partial, outcome: 'would be removed', why: 'its job has ended' });
  expect(listed.bytes).toBeGreaterThanOrEqual(4 * MIB);
  expect(await deployment.files('ot2')).not.toEqual([]);

  expect(await sweep('--grace', '0s', '--region', 'ot2')).toMatchObject([{ ...partial, outcome: 'removed' }]);
  expect(await deployment.files('ot2')).toEqual([]);
  const { stdout } = await deployment.command('sweep');
  expect(stdout).toBe('nothing is left behind\n');
});

test('a sweep leaves alone what an open job is making, even while no worker runs', async () => {
  const jobId = await abandonedCopy();
  const [found] = await sweep('--grace', '0s');
  expect(found).toMatchObject({ job: jobId, outcome: 'kept', why: 'its job goes on' });
  await deployment.startWorker();
  await until(async () => (await deployment.files('ot2')).includes(jobId));
});

test('a sweep leaves alone what belongs to a job of another namespace', async () => {
  const jobId = await abandonedCopy();
  const other = await deploy({ config: configOf(deployment) });
  try {
    const { stdout } = await other.command('--json', 'sweep', '--grace', '0s');
    expect(JSON.parse(stdout)).toMatchObject([{ job: null, outcome: 'kept' }]);
    expect(await readdir(join(deployment.folder, 'ot2'))).toEqual([`.${jobId}.partial`]);
  } finally {
    await other.stop();
  }
});

test('a sweep names a region whose store does not answer, and sweeps the others', async () => {
  const jobId = await abandonedCopy();
  await deployment.client.workflow.getHandle(jobId).terminate();
  await rename(join(deployment.folder, 'ot1'), join(deployment.folder, 'away'));
  const { code, stdout, stderr } = await deployment.command('sweep', '--grace', '0s');
  expect([code, stderr]).toEqual([6, expect.stringContaining('region ot1: ')]);
  expect(stdout).toContain('removed: image in the making ot2/');
  expect(await deployment.files('ot2')).toEqual([]);
});

test('a worker creates a schedule that sweeps each of its regions', async () => {
  const ids: string[] = [];
  await until(async () => {
    ids.length = 0;
    for await (const { scheduleId } of deployment.client.schedule.list()) ids.push(scheduleId);
    return ids.length === 2;
  });
  expect(ids.toSorted()).toEqual(['sweep/ot1', 'sweep/ot2']);
  await deployment.client.schedule.getHandle('sweep/ot2').trigger();
  const report = await until(async () => {
    for await (const { workflowId, runId } of deployment.client.workflow.list({
      query: "WorkflowType = 'sweepRegion' AND ExecutionStatus = 'Completed'",
    }))
      return deployment.client.workflow.getHandle(workflowId, runId).result();
  });
  expect(report).toEqual({ found: 0, removed: 0, bytes_removed: 0, findings: [] });
});

test.each([
  [['--grace', 'soon'], 'a duration such as 10m or 1h'],
  [['--region', 'nowhere'], "--region: there is no region 'nowhere'"],
])('`sweep %j` is refused, and the error names the option', async (args, message) => {
  const { code, stderr } = await deployment.command('sweep', ...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

/** Returns the regions of a deployment, for the configuration of another deployment. */
function configOf({ folder }: Deployment): Record<string, unknown> {
  const regionAt = (name: string) => ({ store: { driver: 'directory', path: join(folder, name) } });
  return { regions: { ot1: regionAt('ot1'), ot2: regionAt('ot2') } };
}
