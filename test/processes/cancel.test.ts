import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { closedAs, endOf, startJob, untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';

const SIZE = 128 * MIB;

let deployment: Deployment;
let imageId: string;
beforeAll(async () => {
  deployment = await deploy({ limits: { heartbeat_timeout: '30s' } });
  await deployment.startSlowWorker(500);
  await deployment.startApi();
  imageId = (await deployment.addImage('ot1', SIZE, { owner: 'tenant-a' })).id;
});
afterAll(() => deployment.stop());

async function runningCopy(): Promise<string> {
  const body = { image_id: imageId, tenant_id_dst: 'tenant-a' };
  const answer = await request(`${deployment.apiUrl}/v2/extension/image_replicator/jobs`, {
    method: 'POST',
    headers: { 'x-auth-token': deployment.tokens.a },
    body: JSON.stringify(body),
  });
  const { job_id } = (await answer.body.json()) as { job_id: string };
  await untilWritten(deployment, job_id, SIZE / 16);
  return job_id;
}

test.each<[string, (jobId: string) => Promise<unknown>]>([
  [
    'temporal workflow signal',
    (id) => deployment.temporal('workflow', 'signal', '-w', id, '--name', 'cancel'),
  ],
  ['temporal workflow cancel', (id) => deployment.temporal('workflow', 'cancel', '-w', id)],
  [
    'temporal workflow update',
    (id) => deployment.temporal('workflow', 'update', 'execute', '-w', id, '--name', 'requestCancel'),
  ],
  ['image-replicator cancel', (id) => deployment.command('cancel', id, '--reason', 'no longer needed')],
  [
    'DELETE',
    (id) =>
      request(`${deployment.apiUrl}/v2/extension/image_replicator/jobs/${id}`, {
        method: 'DELETE',
        headers: { 'x-auth-token': deployment.tokens.a },
      }),
  ],
])('%s ends a running copy as canceled, and nothing of it is left', async (_name, cancel) => {
  const jobId = await runningCopy();
  await cancel(jobId);
  const job = await endOf(deployment, jobId);
  expect(job).toMatchObject({ status: 'canceled', destination_image_id: null, fault: null });
  expect(job.bytes_copied).toBeGreaterThan(0);
  expect(job.copy_progress).toBeLessThan(100);
  expect(await deployment.files('ot2')).toEqual([]);
  await until(async () => (await closedAs(deployment, jobId)) === 'CANCELLED');
});

test('a job can be started and cancelled with the Temporal CLI alone', async () => {
  const input = { source: { region: 'ot1', image_id: imageId }, destination: { region: 'ot2' } };
  const start = ['--type', 'copyImage', '--task-queue', 'image-copy', '--workflow-id', 'my copy/1'];
  await deployment.temporal('workflow', 'start', ...start, '--input', JSON.stringify(input));
  await until(async () => (await deployment.files('ot2')).length > 0);
  await deployment.temporal(
    'workflow',
    'signal',
    '-w',
    'my copy/1',
    '--name',
    'cancel',
    '--input',
    '{"reason":"why not"}',
  );
  expect(await endOf(deployment, 'my copy/1')).toMatchObject({
    status: 'canceled',
    cancel: { via: 'signal', reason: 'why not' },
  });
  expect(await deployment.files('ot2')).toEqual([]);
});

test.each([
  ['', false],
  [', even if the job is reset before', true],
])('a cancel without a worker takes effect once a worker runs%s', async (_also, isReset) => {
  const lonely = await deploy();
  try {
    const image = await lonely.addImage('ot1', SIZE);
    const worker = await lonely.startSlowWorker(500);
    const jobId = await startJob(lonely, image.id);
    await untilWritten(lonely, jobId, SIZE / 16);
    await worker.stop('SIGKILL');
    const { stdout } = await lonely.command('--json', 'cancel', jobId);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'cancel_requested' });
    expect((await lonely.command('cancel', jobId)).code).toBe(5);
    if (isReset) {
      const how = ['--type', 'FirstWorkflowTask', '--reason', 'a test'];
      await lonely.temporal('workflow', 'reset', '-w', jobId, ...how);
    }
    await lonely.startWorker();
    expect(await endOf(lonely, jobId)).toMatchObject({ status: 'canceled' });
    expect(await lonely.files('ot2')).toEqual([]);
  } finally {
    await lonely.stop();
  }
});

test('after its workflow was terminated, a transfer cleans up by itself', async () => {
  const jobId = await runningCopy();
  await deployment.temporal('workflow', 'terminate', '-w', jobId);
  expect(await endOf(deployment, jobId)).toMatchObject({ status: 'error', fault: { code: 'terminated' } });
  await expect.poll(() => deployment.files('ot2'), { timeout: 30_000 }).toEqual([]);
});
