/** Tests `temporal workflow reset`: a new run goes on after a run that was stopped or has ended. */
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { gate, holdingTransfer } from '../support/workflow-hooks.ts';
import { endOf } from '../support/workflow-rig.ts';
import { standing } from '../support/workflow-standing.ts';
import { imageOf, nothing, resetRig } from './reset-rig.ts';

const resets = resetRig();
const { startJob, reset, cleanUpOf } = resets;

test.each(['first', 'last'] as const)(
  'a job that is reset to its %s task during its transfer ends with one whole image',
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
    expect(await standing(resets.rig, job, mark)).toEqual(imageOf(job));
  },
);

test('a worker removes nothing of a terminated run before it has asked whether a reset goes on', async () => {
  const [at, removal] = [gate(), gate()];
  const asked = Promise.withResolvers<unknown>();
  const { job, mark } = await startJob({
    source: holdingTransfer(at, 1),
    destination: {
      async discard(_call, watch) {
        await removal.pass();
        // This is what a store without a fence does right before its request.
        asked.resolve(await watch?.confirm().catch(({ code }: StoreError) => code));
        throw new StoreError('conflict', 'the job goes on');
      },
    },
  });
  await at.reached;
  await job.handle.terminate();
  await removal.reached;
  await reset(job);
  removal.open();
  expect(await asked.promise).toBe('conflict');
  at.open();
  await endOf(job);
  expect(await standing(resets.rig, job, mark)).toEqual(imageOf(job));
});

test('a replicated job that is reset is replicated at once, with the same image', async () => {
  let reads = 0;
  const openReader = <T>(call: () => T): T => {
    reads += 1;
    return call();
  };
  const { job, mark } = await startJob({ source: { openReader } });
  await endOf(job);
  const before = await standing(resets.rig, job, mark);
  await reset(job);
  await endOf(job);
  expect(await standing(resets.rig, job, mark)).toEqual(before);
  expect(before).toEqual(imageOf(job));
  expect(reads).toBe(1);
});

test('a replicated job that has chosen its image id itself keeps its image when it is reset', async () => {
  const image = await resets.rig.deployment.addImage('ot1', 1000);
  const request = { source: { region: 'ot1', image_id: image.id }, destination: { region: 'ot2' } };
  const { workflowId } = await resets.rig.startWith(request);
  const handle = resets.rig.client.workflow.getHandle(workflowId);
  const mark = (await handle.describe()).runId;
  const job = { handle, image, copyId: mark };
  await endOf(job);
  const before = await standing(resets.rig, job, mark);
  expect(before).toEqual(imageOf(job));
  const runId = await reset(job);
  expect((await endOf(job)).details).toMatchObject({ status: 'replicated', destination_image_id: mark });
  expect(runId).not.toBe(mark);
  expect(await standing(resets.rig, job, mark)).toEqual(before);
});

const STEPS = ['inspectSource', 'prepareDestination', 'transferImage', 'commitImage'] as const;
const WAYS = ['cancelled', 'cancelled by force', 'failed'] as const;

test.each(STEPS.flatMap((step) => WAYS.map((way) => ({ step, way }))))(
  'the image of a replicated job stays if the job is reset and then is $way in $step',
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
    const before = await standing(resets.rig, job, mark);
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
    expect(await standing(resets.rig, job, mark)).toEqual({ ...before, status });
  },
);

const failing = () => {
  let isBroken = true;
  const commit = async (call: () => Promise<void>) => {
    await call();
    if (isBroken) throw new StoreError('quota_exceeded', 'no room');
  };
  return {
    hooks: { destination: { commit } },
    mend: () => {
      isBroken = false;
    },
  };
};

test('a failed job that is reset begins anew', async () => {
  const { hooks, mend } = failing();
  const { job, mark } = await startJob(hooks);
  await endOf(job);
  expect(await standing(resets.rig, job, mark)).toEqual(nothing('error'));
  mend();
  await reset(job);
  await endOf(job);
  expect(await standing(resets.rig, job, mark)).toEqual(imageOf(job));
});

test.each([undefined, true] as const)(
  'a cancelled job that is reset begins anew (by force: %s)',
  async (force) => {
    const at = gate();
    const { job, mark } = await startJob({ source: holdingTransfer(at, 1) });
    await at.reached;
    await job.handle.signal('cancel', { force });
    await endOf(job);
    if (force) await cleanUpOf(job, mark).result();
    expect(await standing(resets.rig, job, mark)).toEqual(nothing('canceled'));
    at.open();
    await reset(job);
    await endOf(job);
    expect(await standing(resets.rig, job, mark)).toEqual(imageOf(job));
  },
);
