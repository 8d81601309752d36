/**
 * Tests the pause of a job, with Temporal's own command and with ours. The job keeps its status and what it
 * has copied.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobView } from '../../src/job-service/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { type Deployment, MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { readLog } from '../support/workflow-progress.ts';
import { endOf, type Job, type Rig, startRig } from '../support/workflow-rig.ts';

const SIZE = 24 * MIB;
/** The size of an image whose transfer takes a minute. It is for tests that cancel the job. */
const LASTING = 300 * MIB;
/** The time that a chunk of 1 MiB takes, so that a test can pause the job meanwhile; milliseconds. */
const CHUNK_TIME = 200;
/** The time after which nothing moves any more, with a reserve for a busy machine; milliseconds. */
const STOPS_WITHIN = 2000;
/** The bytes that the only lane may have read, but not yet written, when it is stopped. */
const IN_FLIGHT = 2 * MIB;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { lanes: 1, heartbeat_timeout: '10s' } });
});
afterAll(() => rig?.stop());

const temporal = (...args: string[]) => rig.deployment.temporal(...args);
const command = (...args: string[]) => commandIn(rig.deployment, ...args);

async function commandIn(deployment: Deployment, ...args: string[]): Promise<JobView> {
  const { code, stdout, stderr } = await deployment.command('--json', ...args);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

interface Lever {
  readonly name: string;
  pause(deployment: Deployment, id: string, step: string): Promise<unknown>;
  resume(deployment: Deployment, id: string, step: string): Promise<unknown>;
}

const LEVERS: readonly Lever[] = [
  {
    name: 'temporal workflow pause',
    pause: ({ temporal }, id) => temporal('workflow', 'pause', '-w', id, '--reason', 'maintenance'),
    resume: ({ temporal }, id) => temporal('workflow', 'unpause', '-w', id, '--reason', 'done'),
  },
  {
    name: 'temporal activity pause',
    pause: ({ temporal }, id, step) =>
      temporal('activity', 'pause', '-w', id, '--activity-id', step, '--reason', 'maintenance'),
    resume: ({ temporal }, id, step) => temporal('activity', 'unpause', '-w', id, '--activity-id', step),
  },
  {
    name: 'image-replicator pause',
    pause: (deployment, id) => commandIn(deployment, 'pause', id, '--reason', 'maintenance'),
    resume: (deployment, id) => commandIn(deployment, 'resume', id),
  },
];

/** Starts a job and waits for its transfer. Returns the job with a log of what it has read. */
async function transferring(size = SIZE) {
  const log = readLog(() => sleep(CHUNK_TIME));
  const job = await rig.startJob({ size, source: log.hooks });
  await until(() => log.bytes() >= 2 * MIB);
  return { job, log };
}

async function stepOf({ handle }: Job): Promise<string> {
  return (await handle.describe()).raw.pendingActivities?.[0]?.activityId ?? '';
}

test.each(LEVERS)('$name stops the bytes of a job, which later goes on from there', async (lever) => {
  const { job, log } = await transferring();
  const id = job.handle.workflowId;
  const step = await stepOf(job);
  await lever.pause(rig.deployment, id, step);
  await sleep(STOPS_WITHIN);
  const held = log.bytes();
  expect(held).toBeLessThan(SIZE);

  const shown = await command('show', id);
  const healthy = { status: 'replicating', paused: true, fault: null, last_fault: null, waiting_for: null };
  expect(shown).toMatchObject(healthy);
  expect(shown.pause).toMatchObject({
    reason: 'maintenance',
    by: expect.any(String),
    at: expect.any(String),
  });
  await sleep(STOPS_WITHIN);
  expect(log.bytes()).toBe(held);
  expect((await command('show', id)).bytes_copied).toBe(shown.bytes_copied);

  await lever.resume(rig.deployment, id, step);
  expect((await endOf(job)).details).toMatchObject({ status: 'replicated', sha512: job.image.os_hash_value });
  expect(log.bytes()).toBeLessThanOrEqual(SIZE + IN_FLIGHT);
  expect(await command('show', id)).toMatchObject({ paused: false, pause: null });
});

test.each(LEVERS)(
  'a job that `$name` holds for longer than the stall limit is not given up',
  async (lever) => {
    const patient = await startRig({ limits: { lanes: 1, give_up_after: '2s', stall_after: '1s' } });
    const { deployment } = patient;
    try {
      let [isSlow, breaks] = [true, false];
      const log = readLog(async () => {
        if (isSlow) await sleep(CHUNK_TIME);
        if (!breaks) return;
        breaks = false;
        throw new StoreError('unavailable', 'no answer', { side: 'source' });
      });
      const job = await patient.startJob({ size: 100 * MIB, source: log.hooks });
      const id = job.handle.workflowId;
      await until(() => log.bytes() >= 2 * MIB);
      const step = await stepOf(job);
      await lever.pause(deployment, id, step);
      await sleep(5000);
      // A fault right after the pause shows whether the time of the pause counts.
      [isSlow, breaks] = [false, true];
      await lever.resume(deployment, id, step);
      expect((await endOf(job)).details.status).toBe('replicated');
    } finally {
      await patient.stop();
    }
  },
);

test('an attempt that begins while its workflow is paused moves nothing', async () => {
  const { job, log } = await transferring();
  const id = job.handle.workflowId;
  const step = await stepOf(job);
  await temporal('workflow', 'pause', '-w', id);
  await sleep(STOPS_WITHIN);
  const held = log.bytes();
  await temporal('activity', 'reset', '-w', id, '--activity-id', step);
  await sleep(2 * STOPS_WITHIN);
  expect(log.bytes()).toBe(held);
  await temporal('workflow', 'unpause', '-w', id);
  expect((await endOf(job)).details.status).toBe('replicated');
});

test.each([
  ['image-replicator pause', [] as string[], (id: string) => command('pause', id)],
  ['image-replicator pause', ['--force'], (id: string) => command('pause', id)],
  ['temporal workflow pause', [], (id: string) => temporal('workflow', 'pause', '-w', id)],
])('after %s a job can be cancelled with `cancel %s`', async (_name, force, pause) => {
  const { job } = await transferring(LASTING);
  const id = job.handle.workflowId;
  await pause(id);
  await command('cancel', id, ...force);
  expect(await endOf(job)).toMatchObject({ closed: 'CANCELLED', status: 'canceled' });
  await expect.poll(() => rig.traces(job)).toEqual([]);
});

test('a limit that is set during `temporal workflow pause` counts after the pause', async () => {
  const { job } = await transferring(LASTING);
  const id = job.handle.workflowId;
  await temporal('workflow', 'pause', '-w', id);
  await command('limit', id, '3MB/s');
  await command('resume', id);
  await until(async () => (await command('show', id)).bandwidth_limit === 3_000_000);
  await command('cancel', id);
  await endOf(job);
});

test('pausing a paused job, or resuming a running one, changes nothing', async () => {
  const { job } = await transferring(LASTING);
  const id = job.handle.workflowId;
  const { pause } = await command('pause', id, '--reason', 'the first');
  expect(pause?.by).toMatch(/^operator/);
  expect((await command('pause', id, '--reason', 'the second')).pause).toEqual(pause);
  expect(await command('resume', id)).toMatchObject({ paused: false, status: 'replicating' });
  expect(await command('resume', id)).toMatchObject({ paused: false, status: 'replicating' });
  await command('cancel', id);
  await endOf(job);
});

test("our resume ends Temporal's pause, and Temporal's two unpauses together end our pause", async () => {
  const { job } = await transferring(LASTING);
  const id = job.handle.workflowId;
  const step = await stepOf(job);
  await temporal('workflow', 'pause', '-w', id);
  expect(await command('resume', id)).toMatchObject({ paused: false, status: 'replicating' });

  await command('pause', id, '--reason', 'the line is needed');
  await temporal('workflow', 'unpause', '-w', id);
  const half = await command('show', id);
  expect(half).toMatchObject({ paused: true, pause: { reason: 'the line is needed' } });
  await temporal('activity', 'unpause', '-w', id, '--activity-id', step);
  expect(await command('show', id)).toMatchObject({ paused: false, status: 'replicating' });
  await command('cancel', id);
  await endOf(job);
});

test('a job that has ended cannot be paused', async () => {
  const job = await rig.startJob();
  await endOf(job);
  const { code, stderr } = await rig.deployment.command('pause', job.handle.workflowId);
  expect(code).toBe(5);
  expect(stderr).toContain('the job is replicated: it cannot be paused');
});
