import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanUpIdOf, type JobPhase } from '../../src/copy-job/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { type Gate, gate, holding, holdingTransfer, watchReader } from '../support/workflow-hooks.ts';
import { untilReported } from '../support/workflow-progress.ts';
import {
  detailsOf,
  endOf,
  type Job,
  type JobOptions,
  type Rig,
  startRig,
  untilDetails,
} from '../support/workflow-rig.ts';

const HEARTBEAT_TIMEOUT = 3000;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { heartbeat_timeout: `${HEARTBEAT_TIMEOUT}ms` } });
});
afterAll(() => rig?.stop());

const FORCE = { reason: 'the region is down', requested_by: 'alice', force: true };
const force = ({ handle }: Job) => handle.executeUpdate('requestCancel', { args: [FORCE] });

/** Returns the clean-up workflow of a job that was cancelled by force. */
async function cleanUpOf({ handle }: Job) {
  const { raw } = await handle.describe();
  const mark = raw.workflowExecutionInfo?.firstRunId ?? '';
  return rig.client.workflow.getHandle(cleanUpIdOf(handle.workflowId, mark));
}

const PHASES: [JobPhase, string, (at: Gate) => JobOptions][] = [
  ['prepare', 'prepare', (at) => ({ destination: holding('prepare', at) })],
  ['transfer', 'transfer', (at) => ({ source: holdingTransfer(at, 1) })],
  ['commit', 'commit', (at) => ({ destination: holding('commit', at) })],
  ['commit', 'the end of the commit', (at) => ({ destination: holding('commit', at, 'after') })],
];

test.each(PHASES)(
  'a cancel by force during %s (%s) ends the job at once, and the clean-up leaves nothing',
  async (phase, _place, hooks) => {
    const at = gate();
    const job = await rig.startJob(hooks(at));
    await at.reached;
    await untilDetails(job, (details) => details.phase === phase);
    await force(job);
    const { closed, status, details } = await endOf(job);
    expect({ closed, status }).toEqual({ closed: 'CANCELLED', status: 'canceled' });
    expect(details).toMatchObject({
      status: 'canceled',
      phase: null,
      fault: null,
      destination_image_id: null,
      cancel: { via: 'update', ...FORCE },
    });
    const cleanUp = await cleanUpOf(job);
    at.open();
    await cleanUp.result();
    const [forced, cleaned] = [await job.handle.describe(), await cleanUp.describe()];
    expect(cleaned.closeTime?.getTime()).toBeGreaterThan(forced.closeTime?.getTime() ?? Number.NaN);
    expect(Number(cleaned.closeTime) - Number(cleaned.startTime)).toBeGreaterThanOrEqual(HEARTBEAT_TIMEOUT);
    expect(await rig.traces(job)).toEqual([]);
  },
);

/**
 * Returns hooks with which the store hangs in `prepare`. `told` resolves when the attempt is told to stop,
 * and `ended` when it has ended.
 */
function hangingInPrepare(at: Gate) {
  const ended = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  const hooks: JobOptions = {
    destination: holding('prepare', at),
    activities: async (call, name) => {
      if (name !== 'prepareDestination') return call();
      Context.current().cancelled.catch(() => told.resolve());
      return call().finally(ended.resolve);
    },
  };
  return { hooks, told: told.promise, ended: ended.promise };
}

test('a worker that hangs in prepare removes what it makes after the clean-up', async () => {
  const at = gate();
  const prepare = hangingInPrepare(at);
  const job = await rig.startJob(prepare.hooks);
  await at.reached;
  await force(job);
  await (await cleanUpOf(job)).result();
  at.open();
  await prepare.ended;
  expect(await rig.traces(job)).toEqual([]);
});

test('a worker that hangs in prepare removes what it makes after the job was terminated', async () => {
  const at = gate();
  const prepare = hangingInPrepare(at);
  const job = await rig.startJob(prepare.hooks);
  await at.reached;
  await job.handle.terminate();
  await prepare.told;
  at.open();
  await prepare.ended;
  expect(await rig.traces(job)).toEqual([]);
});

test('a cancel by force before anything was made ends the job without a clean-up', async () => {
  const at = gate();
  const job = await rig.startJob({ source: holding('inspect', at) });
  await at.reached;
  await force(job);
  expect((await endOf(job)).closed).toBe('CANCELLED');
  await expect((await cleanUpOf(job)).describe()).rejects.toThrow(WorkflowNotFoundError);
});

test('a job that hangs in canceling is ended by force, and its clean-up retries until the store is back', async () => {
  const at = gate();
  let isAway = true;
  let calls = 0;
  const job = await rig.startJob({
    source: holdingTransfer(at, 1),
    destination: {
      discard: async (call) => {
        calls += 1;
        if (isAway) throw new StoreError('unavailable', 'the destination is away');
        return call();
      },
    },
  });
  await at.reached;
  await job.handle.signal('cancel', 'not needed');
  await untilDetails(job, ({ status }) => status === 'canceling');
  await expect(job.handle.executeUpdate('requestCancel')).rejects.toThrow();
  await until(() => calls > 0);
  await job.handle.signal('cancel', FORCE);
  const { closed, details } = await endOf(job);
  expect(closed).toBe('CANCELLED');
  expect(details).toMatchObject({ status: 'canceled', cancel: { via: 'signal', force: true } });
  const cleanUp = await cleanUpOf(job);
  await sleep(HEARTBEAT_TIMEOUT + 1500);
  expect((await cleanUp.describe()).status.name).toBe('RUNNING');
  expect(await rig.traces(job)).not.toEqual([]);
  isAway = false;
  await cleanUp.result();
  expect(await rig.traces(job)).toEqual([]);
});

test.each([
  ['the transfer reports them', false],
  ['its worker is never heard of again', true],
])('bytes that were moved after the cancel are in the record, too: %s', async (_case, isSilent) => {
  const [first, more, end] = [gate(), gate(), gate()];
  let chunks = 0;
  const job = await rig.startJob({
    size: 4 * MIB,
    source: {
      openReader: async (call) =>
        watchReader(await call(), async (_chunk, signal) => {
          const number = ++chunks;
          if (number > 1) await first.pass(signal);
          if (number > 2) await more.pass(signal);
        }),
    },
    activities: async (call, name) => {
      if (isSilent && name === 'transferImage') return call().finally(() => end.pass());
      const result = await call();
      if (name === 'bytesSoFar') {
        first.open();
        await untilReported(job, 2 * MIB);
      }
      return result;
    },
  });
  await untilReported(job, MIB);
  await job.handle.signal('cancel', FORCE);
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'canceled' });
  expect(details.bytes_copied).toBeGreaterThanOrEqual(2 * MIB);
});

test('a second cancel of a job that was cancelled by force is refused', async () => {
  const at = gate();
  const job = await rig.startJob({
    source: holding('inspect', at),
    activities: async (call, name) => {
      if (name === 'closeAsCanceled') await at.pass();
      return call();
    },
  });
  await at.reached;
  await force(job);
  expect(await detailsOf(job)).toMatchObject({ cancel: { force: true } });
  for (const request of [FORCE, {}]) {
    await expect(job.handle.executeUpdate('requestCancel', { args: [request] })).rejects.toThrow();
  }
  at.open();
  expect((await endOf(job)).details).toMatchObject({ status: 'canceled' });
});

test.each([
  ['1,000 characters', 'x'.repeat(1000)],
  ['333 characters of three bytes', '像'.repeat(333)],
])('a job whose id has %s, the maximum in Temporal, can be cancelled by force', async (_name, workflowId) => {
  const at = gate();
  const job = await rig.startJob({ workflowId, source: holdingTransfer(at, 1) });
  await at.reached;
  await force(job);
  expect((await endOf(job)).closed).toBe('CANCELLED');
  await (await cleanUpOf(job)).result();
  expect(await rig.traces(job)).toEqual([]);
});

/** Starts a job, and cancels it by force in its transfer. Returns the ended job, and its clean-up. */
async function forced() {
  const at = gate();
  const job = await rig.startJob({ source: holdingTransfer(at, 1) });
  await at.reached;
  await force(job);
  await endOf(job);
  return { job, cleanUp: await cleanUpOf(job) };
}

test('a native cancellation of a clean-up is ignored', async () => {
  const { job, cleanUp } = await forced();
  await cleanUp.cancel();
  await cleanUp.result();
  expect(await rig.traces(job)).toEqual([]);
});

test('the clean-up shows in the Web UI what it is and which image it removes', async () => {
  const { job, cleanUp } = await forced();
  const description = await cleanUp.describe();
  expect(await description.staticSummary()).toBe(`clean up ot2/${job.copyId}`);
  expect(description.raw.workflowExecutionInfo?.parentExecution?.workflowId).toBe(job.handle.workflowId);
  await cleanUp.result();
});
