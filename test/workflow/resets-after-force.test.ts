import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Watch } from '../../src/stores/index.ts';
import { until } from '../support/until.ts';
import { type Gate, gate, holding, holdingTransfer } from '../support/workflow-hooks.ts';
import { endOf, type Job, untilDetails } from '../support/workflow-rig.ts';
import { standing } from '../support/workflow-standing.ts';
import { imageOf, nothing, resetRig } from './reset-rig.ts';

const resets = resetRig();
const { startJob, reset, cleanUpOf } = resets;

test('a clean-up leaves alone what a run after a reset is making', async () => {
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
  expect(await standing(resets.rig, job, mark)).toEqual(imageOf(job));
});

const BEFORE_ITS_CLEAN_UP = [
  ['its commit', (at: Gate) => ({ destination: holding('commit', at, 'after') })],
  ['a part of its transfer', (at: Gate) => ({ source: holdingTransfer(at, 1) })],
] as const;

test.each(BEFORE_ITS_CLEAN_UP)(
  'a clean-up leaves nothing of a job that was cancelled by force after %s, and reset right before it closed',
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
    expect(await standing(resets.rig, job, mark)).toEqual(nothing('canceled'));
  },
);

test('a clean-up leaves alone an image that a run after a reset has adopted', async () => {
  const at = gate();
  const { job, mark } = await startJob({ destination: holding('commit', at, 'after') });
  await at.reached;
  await job.handle.signal('cancel', { force: true });
  await endOf(job);
  at.open();
  await reset(job);
  await endOf(job);
  await cleanUpOf(job, mark).result();
  expect(await standing(resets.rig, job, mark)).toEqual(imageOf(job));
});

/** Holds the first removal at a gate. Calls `look` right before the removal, once the gate is open. */
function holdingRemoval(held: Gate, look: (watch: Watch | undefined) => Promise<void> = async () => {}) {
  let isFirst = true;
  return async (call: () => Promise<void>, watch?: Watch) => {
    if (isFirst) {
      isFirst = false;
      await held.pass();
      await look(watch);
    }
    return call();
  };
}

/**
 * Cancels a job by force while its commit is held at `at`, and resets it while the removal of its clean-up is
 * held. Returns once the new run has ended.
 */
async function resetDuringCleanUp(job: Job, at: Gate, held: Gate): Promise<void> {
  await at.reached;
  await job.handle.signal('cancel', { force: true });
  await held.reached;
  at.open();
  await reset(job);
  await endOf(job);
}

test('a clean-up gets no confirmation for its removal once a later run has the image', async () => {
  const [at, held] = [gate(), gate()];
  const denied = Promise.withResolvers<unknown>();
  const discard = holdingRemoval(held, async (watch) => {
    denied.resolve(await watch?.confirm().catch((error) => error));
  });
  const { job, mark } = await startJob({ destination: { ...holding('commit', at, 'after'), discard } });
  await resetDuringCleanUp(job, at, held);
  held.open();
  const message = expect.stringContaining('was reset');
  expect(await denied.promise).toMatchObject({ code: 'unavailable', message });
  await cleanUpOf(job, mark).result();
  expect(await standing(resets.rig, job, mark)).toEqual(imageOf(job));
});

test('a late call of a clean-up leaves alone an image that has become whole in the meantime', async () => {
  const [at, held] = [gate(), gate()];
  const destination = { ...holding('commit', at, 'after'), discard: holdingRemoval(held) };
  const { job, mark } = await startJob({ destination });
  await resetDuringCleanUp(job, at, held);
  held.open();
  await cleanUpOf(job, mark).result();
  expect(await standing(resets.rig, job, mark)).toEqual(imageOf(job));
});

test('a clean-up leaves alone the image of a later run that Temporal has forgotten', async () => {
  const [at, held] = [gate(), gate()];
  const destination = { ...holding('commit', at, 'after'), discard: holdingRemoval(held) };
  const { job, mark } = await startJob({ destination });
  await resetDuringCleanUp(job, at, held);
  const laterRun = (await job.handle.describe()).runId;
  for (const runId of [laterRun, mark]) await forget(job, runId);
  held.open();
  await cleanUpOf(job, mark).result();
  const image = join(resets.rig.deployment.folder, 'ot2', job.copyId);
  expect(await readdir(image).catch(() => [])).toContain('data');
});

test('a job that is reset between two cancels by force, before any clean-up, leaves nothing', async () => {
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
  await expect.poll(() => standing(resets.rig, job, mark)).toEqual(nothing('canceled'));
});

test('an image that a run after a reset reserves after the clean-up is removed', async () => {
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
  await reset(job, { activity: 'closeAsCanceled' });
  await endOf(job);
  expect(calls).toBe(2);
  expect(await standing(resets.rig, job, mark)).toEqual(nothing('canceled'));
});

/** Deletes Temporal's record of a run, and waits until it is gone. */
async function forget({ handle: { workflowId } }: Job, runId: string): Promise<void> {
  const { client } = resets.rig;
  const { namespace } = client.options;
  await client.workflowService.deleteWorkflowExecution({
    namespace,
    workflowExecution: { workflowId, runId },
  });
  const describe = () => client.workflow.getHandle(workflowId, runId).describe();
  await expect.poll(() => describe().catch((error) => error)).toBeInstanceOf(WorkflowNotFoundError);
}

/** Waits until the clean-up has found that the job goes on. */
async function untilItWaits(job: Job, mark: string): Promise<void> {
  await until(async () => {
    const [discard] = (await cleanUpOf(job, mark).describe()).raw.pendingActivities ?? [];
    return discard?.lastFailure?.message?.includes('was reset');
  });
}
