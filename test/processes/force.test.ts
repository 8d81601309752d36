import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drsClient } from '../api/drs-rig.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { closedAs, endOf, showJob, untilWritten } from '../support/jobs.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

/**
 * The time within which a job that is cancelled by force has to end, whatever its destination does;
 * milliseconds.
 */
const AT_ONCE = 10_000;

let deployment: Deployment;
let destination: TestProcess;
beforeEach(async () => {
  const slow = join(import.meta.dirname, '../support/slow-reads.ts');
  deployment = await deploy({ env: { NODE_OPTIONS: `--import=${slow}`, SLOW_READS: '500' } });
  // The workflows and the copies into ot2 run on different workers.
  await deployment.startWorker('--region', 'ot1');
  destination = await deployment.startWorker('--no-workflows', '--region', 'ot2');
  await deployment.startApi();
});
afterEach(() => deployment.stop());

async function runningCopy(): Promise<string> {
  const image = await deployment.addImage('ot1', 128 * MIB, { owner: 'tenant-a' });
  const jobId = await eclClient(deployment).start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  await untilWritten(deployment, jobId, 8 * MIB);
  return jobId;
}

async function cleaning(): Promise<readonly string[]> {
  const { stdout } = await deployment.command('--json', 'list', '--cleaning');
  return JSON.parse(stdout).jobs.map(({ job_id }: { job_id: string }) => job_id);
}

async function expectForced(jobId: string): Promise<void> {
  const { updated_at, cancel, ...job } = await endOf(deployment, jobId);
  expect(job).toMatchObject({ status: 'canceled', destination_image_id: null, fault: null });
  expect(cancel?.force).toBe(true);
  expect(Date.parse(updated_at) - Date.parse(cancel?.requested_at ?? '')).toBeLessThan(AT_ONCE);
  await until(async () => (await closedAs(deployment, jobId)) === 'CANCELLED');
  await until(async () => (await cleaning()).includes(jobId));
  expect(await deployment.files('ot2').catch(() => ['unreachable'])).not.toEqual([]);
}

async function expectCleanedUp(): Promise<void> {
  await until(async () => (await cleaning()).length === 0);
  expect(await deployment.files('ot2')).toEqual([]);
}

test('a job whose worker is frozen is ended by force, and nothing is left after the worker goes on', async () => {
  const jobId = await runningCopy();
  process.kill(destination.pid, 'SIGSTOP');
  const { code, stdout } = await deployment.command('cancel', jobId, '--force', '--reason', 'frozen');
  expect([code, stdout]).toEqual([0, expect.stringContaining('frozen')]);
  await expectForced(jobId);
  process.kill(destination.pid, 'SIGCONT');
  await expectCleanedUp();
});

test('a job whose worker is gone is ended by force, and the next worker cleans up', async () => {
  const jobId = await runningCopy();
  await destination.stop('SIGKILL');
  await deployment.temporal(
    'workflow',
    'signal',
    '-w',
    jobId,
    '--name',
    'cancel',
    '--input',
    '{"force":true}',
  );
  await expectForced(jobId);
  await deployment.startWorker('--no-workflows', '--region', 'ot2');
  await expectCleanedUp();
});

test('a job that hangs in canceling because its region is away is ended by a forced stop', async () => {
  const jobId = await runningCopy();
  const folder = join(deployment.folder, 'ot2');
  await rename(folder, `${folder}.away`);
  const drs = drsClient(deployment);
  expect((await drs.stop(jobId)).status).toBe(200);
  await until(async () => (await showJob(deployment, jobId)).status === 'canceling');
  expect((await drs.stop(jobId)).body.error_code).toBe('DRS.10000011');
  expect((await drs.stop(jobId, { is_force_stop: true })).status).toBe(200);
  await expectForced(jobId);
  expect((await drs.stop(jobId, { is_force_stop: true })).body.error_code).toBe('DRS.10000011');
  await rename(`${folder}.away`, folder);
  await expectCleanedUp();
});

test('a forced cancel without a worker takes effect once a worker runs', async () => {
  const lonely = await deploy({ regions: ['ot1', 'ot2'] });
  try {
    const image = await lonely.addImage('ot1', 1000);
    const { stdout } = await lonely.command('copy', image.id, '--from', 'ot1', '--to', 'ot2', '--detach');
    const { job_id } = JSON.parse(stdout);
    expect((await lonely.command('cancel', job_id)).code).toBe(0);
    expect((await lonely.command('cancel', job_id, '--force')).code).toBe(0);
    await lonely.startWorker();
    expect(await endOf(lonely, job_id)).toMatchObject({ status: 'canceled', cancel: { force: true } });
    expect(await lonely.files('ot2')).toEqual([]);
  } finally {
    await lonely.stop();
  }
});
