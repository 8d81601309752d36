import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { gate, holding, holdingTransfer } from '../support/workflow-hooks.ts';
import { detailsOf, endOf, type Job, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

/** Starts a job, and lets it accept a cancel. Holds its discard until `release` is called. */
async function cancellingJob(): Promise<{ job: Job; release: () => void }> {
  const transfer = gate();
  const discard = gate();
  const job = await rig.startJob({
    source: holdingTransfer(transfer, 1),
    destination: holding('discard', discard),
  });
  await transfer.reached;
  await job.handle.signal('cancel', 'the first');
  await discard.reached;
  return { job, release: discard.open };
}

test("a second cancel by update is a conflict, which names the job's status", async () => {
  const { job, release } = await cancellingJob();
  expect(await detailsOf(job)).toMatchObject({ status: 'canceling', phase: 'discard' });
  const refused = await job.handle.executeUpdate('requestCancel').then(
    () => undefined,
    (error: WorkflowUpdateFailedError) => error,
  );
  expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(refused?.cause).toBeInstanceOf(ApplicationFailure);
  expect(refused?.cause).toMatchObject({ type: 'JobStatusConflict', message: 'the job is canceling' });
  release();
  expect((await endOf(job)).details.cancel).toMatchObject({ via: 'signal', reason: 'the first' });
});

test('a second cancel by signal or by native cancellation does not change the first', async () => {
  const { job, release } = await cancellingJob();
  await job.handle.signal('cancel', 'the second');
  await job.handle.cancel();
  release();
  const { closed, details } = await endOf(job);
  expect(closed).toBe('CANCELLED');
  expect(details.cancel).toMatchObject({ via: 'signal', reason: 'the first' });
  expect(await rig.traces(job)).toEqual([]);
});

test('a replicated job can no longer be cancelled, and its image stays', async () => {
  const job = await rig.startJob();
  await endOf(job);
  await expect(job.handle.executeUpdate('requestCancel')).rejects.toThrow(WorkflowNotFoundError);
  await expect(job.handle.signal('cancel')).rejects.toThrow(WorkflowNotFoundError);
  expect(await detailsOf(job)).toMatchObject({ status: 'replicated', cancel: null });
  expect(await rig.traces(job)).toEqual([job.copyId]);
});

test.each<[string, (job: Job) => Promise<unknown>]>([
  ['a signal', ({ handle }) => handle.signal('cancel', 'never mind')],
  ['an update', ({ handle }) => handle.executeUpdate('requestCancel', { args: ['never mind'] })],
  ['a native cancellation', ({ handle }) => handle.cancel()],
])('%s while a failed job is being undone ends it as canceled', async (_way, cancel) => {
  const at = gate();
  const job = await rig.startJob({
    destination: {
      ...holding('discard', at),
      commit: async () => {
        throw new StoreError('quota_exceeded', 'no room');
      },
    },
  });
  await at.reached;
  await expect.poll(async () => (await detailsOf(job)).fault?.code).toBe('quota_exceeded');
  await cancel(job);
  await expect.poll(async () => (await detailsOf(job)).status).toBe('canceling');
  at.open();
  const { closed, details } = await endOf(job);
  expect(closed).toBe('CANCELLED');
  expect(details).toMatchObject({ status: 'canceled', fault: null });
  expect(await rig.traces(job)).toEqual([]);
});
