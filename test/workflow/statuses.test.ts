/** Tests that the view of a job agrees with the lists, and says what the job waits for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JOB_STATUSES } from '../../src/copy-job/index.ts';
import { createJobService, type JobService, type JobView, OPERATOR } from '../../src/job-service/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { deploy, MIB } from '../support/deployment.ts';
import { showJob, startJob, untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { gate, holding, holdingTransfer, watchReader } from '../support/workflow-hooks.ts';
import { endOf, type Rig, startRig, untilDetails } from '../support/workflow-rig.ts';
import { quietRuntime } from '../support/workflow-workers.ts';

let rig: Rig;
let jobs: JobService;
beforeAll(async () => {
  quietRuntime('1s');
  rig = await startRig();
  const { regions } = rig.deployment;
  jobs = createJobService({ client: rig.client, regions, limits: {} as never });
});
afterAll(() => rig?.stop());

const idsOf = (found: readonly JobView[]) => found.map(({ job_id }) => job_id).sort();

test('a list by status finds exactly the jobs that show that status, however their workflows have closed', async () => {
  const { temporal } = rig.deployment;
  const isTransferring = ({ phase }: { phase: string | null }) => phase === 'transfer';
  const running = async () => {
    const job = await rig.startJob({ source: holdingTransfer(gate(), 1) });
    await untilDetails(job, isTransferring);
    return job;
  };
  const expected: [string, string][] = [];
  const made = (id: string, status: string) => expected.push([id, status]);

  made((await running()).handle.workflowId, 'replicating');
  const done = await rig.startJob();
  await endOf(done);
  made(done.handle.workflowId, 'replicated');
  const ended = await running();
  await temporal('workflow', 'terminate', '-w', ended.handle.workflowId);
  made(ended.handle.workflowId, 'error');
  const cancelled = await running();
  await cancelled.handle.cancel();
  await endOf(cancelled);
  made(cancelled.handle.workflowId, 'canceled');
  const clearing = await rig.startJob({
    source: holdingTransfer(gate(), 1),
    destination: holding('discard', gate()),
  });
  await untilDetails(clearing, isTransferring);
  await clearing.handle.signal('cancel');
  await untilDetails(clearing, ({ status }) => status === 'canceling');
  made(clearing.handle.workflowId, 'canceling');
  const refused = await rig.startWith({ source: { region: 'ot1', image_id: 'x' }, destination: {} });
  await endOf({ handle: refused });
  made(refused.workflowId, 'error');
  const input = { source: { region: 'ot1', image_id: 'x' }, destination: { region: 'ot2' } };
  const start = (workflowId: string, more = {}) =>
    rig.client.workflow.start('copyImage', { workflowId, taskQueue: 'nobody', args: [input], ...more });
  await start('waits');
  made('waits', 'replicate_requested');
  await start('timed out', { workflowRunTimeout: '1s' });
  made('timed out', 'error');
  await (await start('never heard of')).terminate();
  made('never heard of', 'error');

  await until(async () => (await rig.client.workflow.getHandle('timed out').describe()).closeTime);
  await expect
    .poll(async () => (await jobs.list(OPERATOR)).jobs.map(({ job_id, status }) => [job_id, status]).sort())
    .toEqual(expected.toSorted());
  for (const status of JOB_STATUSES) {
    const { jobs: found } = await jobs.list(OPERATOR, { status });
    const wanted = expected.filter(([, shown]) => shown === status).map(([id]) => id);
    expect([status, idsOf(found)]).toEqual([status, wanted.sort()]);
    const { stdout } = await rig.deployment.command('list', '--status', status, '-o', 'name');
    expect(stdout.split('\n').filter(Boolean).sort()).toEqual(wanted.sort());
  }
});

test('a list by the status `replicating` contains a job that was paused in its transfer', async () => {
  const job = await rig.startJob({ source: holdingTransfer(gate(), 1) });
  await untilDetails(job, ({ phase }) => phase === 'transfer');
  await rig.deployment.temporal('workflow', 'pause', '-w', job.handle.workflowId);
  const paused = async () =>
    (await jobs.list(OPERATOR, { status: 'replicating' })).jobs.find((found) => found.paused);
  await expect.poll(async () => (await paused())?.job_id).toBe(job.handle.workflowId);
});

test('once bytes move again, a job no longer shows the fault of an earlier attempt', async () => {
  const at = gate();
  let opened = 0;
  let chunks = 0;
  const job = await rig.startJob({
    size: 8 * MIB,
    destination: {
      openSink: (call) => {
        opened += 1;
        if (opened > 2) return call();
        return Promise.reject(new StoreError('unavailable', 'the disk is away', { side: 'destination' }));
      },
    },
    source: {
      openReader: async (call) =>
        watchReader(await call(), async (_chunk, signal) => {
          chunks += 1;
          if (chunks > 4) await at.pass(signal);
        }),
    },
  });
  const id = job.handle.workflowId;
  const view = () => jobs.show(OPERATOR, id);
  expect((await until(async () => (await view()).last_fault)).message).toBe('the disk is away');
  await at.reached;
  await expect.poll(async () => (await view()).bytes_copied).toBeGreaterThan(0);
  expect(await view()).toMatchObject({ status: 'replicating', attempt: 3, last_fault: null });
});

/** Starts a job on a Task Queue. Returns what the job waits for. */
async function waitingOn(taskQueue: string): Promise<string> {
  const { workflowId } = await rig.client.workflow.start('copyImage', {
    workflowId: `astray on ${taskQueue}`,
    taskQueue,
    args: [{}],
  });
  return until(async () => (await jobs.show(OPERATOR, workflowId)).waiting_for);
}

test('a job on an unknown Task Queue says that the Task Queue is wrong', async () => {
  expect(await waitingOn('imagecopy')).toBe(
    'a worker on Task Queue imagecopy, which is the wrong one: jobs are started on Task Queue image-copy',
  );
});

test("a job on a region's Task Queue, where no worker runs workflows, says that the Task Queue is wrong", async () => {
  const { workflowService, options } = rig.client;
  const { namespace } = options;
  const query = "TaskQueue = 'image-copy.ot2'";
  const listed = async () => (await workflowService.listWorkers({ namespace, query })).workersInfo?.length;
  // This test is about a worker in Temporal's list. A new worker is listed after a second (`quietRuntime`).
  await expect.poll(listed).toBe(1);
  expect(await waitingOn('image-copy.ot2')).toBe(
    'a worker on Task Queue image-copy.ot2, which is the wrong one: jobs are started on Task Queue image-copy',
  );
});

test('a job whose request was refused still shows what was requested', async () => {
  const handle = await rig.startWith({
    source: { region: 'ot1', image_id: 'an-image', tenant_id: 'tenant-a' },
    destination: { region: 'nowhere', image_name: 'copy' },
  });
  await endOf({ handle });
  expect(await jobs.show(OPERATOR, handle.workflowId)).toMatchObject({
    status: 'error',
    fault: { code: 'invalid_request' },
    source_region_id: 'ot1',
    source_image_id: 'an-image',
    source_tenant_id: 'tenant-a',
    destination_region_id: 'nowhere',
    destination_tenant_id: 'tenant-a',
    destination_image_name: 'copy',
  });
});

test('a job waits for a free slot if workers are busy, and for a worker if there is none', async () => {
  const deployment = await deploy({ limits: { concurrent_activities: 1 } });
  try {
    const worker = await deployment.startSlowWorker(1000);
    const { id } = await deployment.addImage('ot1', 64 * MIB);
    const first = await startJob(deployment, id);
    await untilWritten(deployment, first, MIB);
    const second = await startJob(deployment, id);
    const waiting = () => until(async () => (await showJob(deployment, second)).waiting_for);
    expect(await waiting()).toBe('a free slot on Task Queue image-copy.ot2');
    await worker.stop('SIGTERM');
    const third = await startJob(deployment, id);
    const alone = await until(async () => (await showJob(deployment, third)).waiting_for);
    expect(alone).toBe('a worker on Task Queue image-copy');
  } finally {
    await deployment.stop();
  }
});
