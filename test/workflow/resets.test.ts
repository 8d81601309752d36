/** `temporal workflow reset`: a run that goes on for one that was stopped, or that has ended. */
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanUpIdOf } from '../../src/copy-job/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { until } from '../support/until.ts';
import { type Gate, gate, holding, holdingTransfer } from '../support/workflow-hooks.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import {
  endOf,
  type Job,
  type JobOptions,
  type Rig,
  startRig,
  untilDetails,
} from '../support/workflow-rig.ts';
import { type Standing, standing } from '../support/workflow-standing.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { heartbeat_timeout: '3s' } });
});
afterAll(() => rig?.stop());

/** A job that follows resets, and the id of its first run. */
async function startJob(options: JobOptions = {}): Promise<{ job: Job; mark: string }> {
  const started = await rig.startJob(options);
  const handle = rig.client.workflow.getHandle(started.handle.workflowId);
  return { job: { ...started, handle }, mark: (await handle.describe()).runId };
}

const reset = ({ handle }: Job, to: 'first' | 'last' = 'first') =>
  resetWorkflow(rig.client, handle.workflowId, to);

const imageOf = ({ image, copyId }: Job): Standing => ({
  status: 'replicated',
  folders: [copyId],
  image: { sha512: image.os_hash_value ?? '', inode: expect.any(Number) },
});
const nothing = (status: string): Standing => ({ status, folders: [], image: null });

test.each(['first', 'last'] as const)(
  'a job that is reset to its %s task in the middle of its transfer goes on to one whole image',
  async (to) => {
    const at = gate();
    const ended = Promise.withResolvers<void>();
    const { job, mark } = await startJob({
      source: holdingTransfer(at, 1),
      activities: (call, name) => (name === 'transferImage' ? call().finally(() => ended.resolve()) : call()),
    });
    await at.reached;
    await reset(job, to);
    await ended.promise;
    at.open();
    await endOf(job);
    expect(await standing(rig, job, mark)).toEqual(imageOf(job));
  },
);

test('a job that was replicated, and is reset, is replicated at once, with the very same image', async () => {
  let reads = 0;
  const openReader = <T>(call: () => T): T => {
    reads += 1;
    return call();
  };
  const { job, mark } = await startJob({ source: { openReader } });
  await endOf(job);
  const before = await standing(rig, job, mark);
  await reset(job);
  await endOf(job);
  expect(await standing(rig, job, mark)).toEqual(before);
  expect(before).toEqual(imageOf(job));
  expect(reads).toBe(1);
});

test('so it is under an image id that the job itself has chosen', async () => {
  const image = await rig.deployment.addImage('ot1', 1000);
  const request = { source: { region: 'ot1', image_id: image.id }, destination: { region: 'ot2' } };
  const { workflowId } = await rig.startWith(request);
  const handle = rig.client.workflow.getHandle(workflowId);
  const mark = (await handle.describe()).runId;
  const job = { handle, image, copyId: mark };
  await endOf(job);
  const before = await standing(rig, job, mark);
  expect(before).toEqual(imageOf(job));
  const runId = await reset(job);
  expect((await endOf(job)).details).toMatchObject({ status: 'replicated', destination_image_id: mark });
  expect(runId).not.toBe(mark);
  expect(await standing(rig, job, mark)).toEqual(before);
});

const STEPS = ['inspectSource', 'prepareDestination', 'transferImage', 'commitImage'] as const;
const WAYS = ['cancelled', 'cancelled by force', 'failed'] as const;

test.each(STEPS.flatMap((step) => WAYS.map((way) => ({ step, way }))))(
  'the image of a job that was replicated stays when it is reset, and is $way in $step',
  async ({ step, way }) => {
    const at = gate();
    let isReset = false;
    const { job, mark } = await startJob({
      activities: async (call, name) => {
        const result = await call();
        if (!isReset || name !== step) return result;
        if (way === 'failed') throw ApplicationFailure.nonRetryable('failed on purpose');
        await at.pass();
        return result;
      },
    });
    await endOf(job);
    const before = await standing(rig, job, mark);
    expect(before).toEqual(imageOf(job));
    isReset = true;
    await reset(job);
    if (way !== 'failed') {
      await at.reached;
      await job.handle.signal('cancel', { force: way === 'cancelled by force' || undefined });
      at.open();
    }
    await endOf(job);
    if (way === 'cancelled by force') await cleanUpOf(job, mark).result();
    const status = way === 'failed' ? 'error' : 'canceled';
    expect(await standing(rig, job, mark)).toEqual({ ...before, status });
  },
);

const failing = () => {
  let isFirst = true;
  const commit = async (call: () => Promise<void>) => {
    await call();
    if (isFirst) throw new StoreError('quota_exceeded', 'no room');
  };
  return {
    hooks: { destination: { commit } },
    mend: () => {
      isFirst = false;
    },
  };
};

test('a job that has failed, and is reset, begins anew', async () => {
  const { hooks, mend } = failing();
  const { job, mark } = await startJob(hooks);
  await endOf(job);
  expect(await standing(rig, job, mark)).toEqual(nothing('error'));
  mend();
  await reset(job);
  await endOf(job);
  expect(await standing(rig, job, mark)).toEqual(imageOf(job));
});

test.each([undefined, true] as const)('so does one that was cancelled (by force: %s)', async (force) => {
  const at = gate();
  const { job, mark } = await startJob({ source: holdingTransfer(at, 1) });
  await at.reached;
  await job.handle.signal('cancel', { force });
  await endOf(job);
  if (force) await cleanUpOf(job, mark).result();
  expect(await standing(rig, job, mark)).toEqual(nothing('canceled'));
  at.open();
  await reset(job);
  await endOf(job);
  expect(await standing(rig, job, mark)).toEqual(imageOf(job));
});

test('the clean-up of a job that was forced leaves alone what a run after a reset is making', async () => {
  const at = gate();
  const { job, mark } = await startJob({ source: holdingTransfer(at, 1) });
  await at.reached;
  await job.handle.signal('cancel', { force: true });
  await endOf(job);
  await reset(job);
  await untilDetails(job, ({ phase }) => phase === 'transfer');
  await untilItWaits(job, mark);
  at.open();
  await endOf(job);
  await cleanUpOf(job, mark).result();
  expect(await standing(rig, job, mark)).toEqual(imageOf(job));
});

const BEFORE_ITS_CLEAN_UP = [
  ['its commit', (at: Gate) => ({ destination: holding('commit', at, 'after') })],
  ['a part of its transfer', (at: Gate) => ({ source: holdingTransfer(at, 1) })],
] as const;

test.each(BEFORE_ITS_CLEAN_UP)(
  'it leaves nothing of a job that was forced after %s, and reset when it was about to close',
  async (_what, hooks) => {
    const at = gate();
    let isFirst = true;
    const { job, mark } = await startJob({
      ...hooks(at),
      activities: async (call, name) => {
        if (name === 'closeAsCanceled' && isFirst) {
          isFirst = false;
          await reset(job, 'last');
        }
        return call();
      },
    });
    await at.reached;
    await job.handle.signal('cancel', { force: true });
    await expect.poll(async () => (await job.handle.describe()).runId).not.toBe(mark);
    expect(await endOf(job)).toMatchObject({ closed: 'CANCELLED', status: 'canceled' });
    at.open();
    await cleanUpOf(job, mark).result();
    expect(await standing(rig, job, mark)).toEqual(nothing('canceled'));
  },
);

test('it leaves alone the image that such a run has adopted', async () => {
  const at = gate();
  const { job, mark } = await startJob({ destination: holding('commit', at, 'after') });
  await at.reached;
  await job.handle.signal('cancel', { force: true });
  await endOf(job);
  at.open();
  await reset(job);
  await endOf(job);
  await cleanUpOf(job, mark).result();
  expect(await standing(rig, job, mark)).toEqual(imageOf(job));
});

test('so it does where its call to the store comes only when that image is whole', async () => {
  const at = gate();
  const held = gate();
  let isFirst = true;
  const discard = async (call: () => Promise<void>) => {
    if (isFirst) {
      isFirst = false;
      await held.pass();
    }
    return call();
  };
  const { job, mark } = await startJob({ destination: { ...holding('commit', at, 'after'), discard } });
  await at.reached;
  await job.handle.signal('cancel', { force: true });
  await held.reached;
  at.open();
  await reset(job);
  await endOf(job);
  held.open();
  await cleanUpOf(job, mark).result();
  expect(await standing(rig, job, mark)).toEqual(imageOf(job));
});

test('a job that is forced, reset, and forced again before its clean-up has begun leaves nothing', async () => {
  const at = gate();
  const { job, mark } = await startJob({ source: holdingTransfer(at, 1) });
  await at.reached;
  await job.handle.signal('cancel', { force: true });
  await endOf(job);
  await reset(job);
  await untilDetails(job, ({ phase }) => phase === 'transfer');
  await job.handle.signal('cancel', { force: true });
  at.open();
  await endOf(job);
  await expect.poll(() => standing(rig, job, mark)).toEqual(nothing('canceled'));
});

test('what a reset reserves once more behind the clean-up goes too', async () => {
  const at = gate();
  const again = Promise.withResolvers<void>();
  let calls = 0;
  let isCleanedUp = false;
  const { job, mark } = await startJob({
    destination: {
      prepare: async (call) => {
        await call();
        calls += 1;
        if (calls === 1) await at.pass();
      },
    },
    activities: async (call, name) => {
      if (name === 'closeAsCanceled' && isCleanedUp) await again.promise;
      if (name !== 'prepareDestination' || calls === 0) return call();
      return call().finally(() => again.resolve());
    },
  });
  await at.reached;
  await job.handle.signal('cancel', { force: true });
  await endOf(job);
  await cleanUpOf(job, mark).result();
  isCleanedUp = true;
  await reset(job, 'last');
  await endOf(job);
  expect(calls).toBe(2);
  expect(await standing(rig, job, mark)).toEqual(nothing('canceled'));
});

/** Waits until the clean-up has found that the job goes on. */
async function untilItWaits(job: Job, mark: string): Promise<void> {
  await until(async () => {
    const [discard] = (await cleanUpOf(job, mark).describe()).raw.pendingActivities ?? [];
    return discard?.lastFailure?.message?.includes('was reset');
  });
}

function cleanUpOf({ handle }: Job, runId: string) {
  return rig.client.workflow.getHandle(cleanUpIdOf(handle.workflowId, runId));
}
