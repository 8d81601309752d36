/** Tests that a cancel that Temporal has accepted decides how a task ends, whatever its batch answers. */
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { type BatchProgress, NOTHING_MOVED, TASK_MEMO } from '../../src/object-task/index.ts';
import { startFakeTask, untilCancelled } from './fake-steps.ts';
import { type TaskRig, taskRig } from './support.ts';

let rig: TaskRig;
beforeAll(async () => {
  rig = await taskRig();
});
afterAll(() => rig?.deployment.stop());

const NOTHING: BatchProgress = { ...NOTHING_MOVED, after: null, moved_at: 0 };
const IN_THE_WAY = { path: 'a', code: 'conflict', message: 'a folder is in the way' };

const BATCHES: readonly (readonly [string, () => Promise<BatchProgress>])[] = [
  ['has moved everything', async () => ({ ...NOTHING, moved: 1 })],
  ['could not move an object', async () => ({ ...NOTHING, failed: 1, failures: [IN_THE_WAY] })],
  ['fails for good', () => Promise.reject(ApplicationFailure.nonRetryable('full', 'quota_exceeded'))],
];

test.each(BATCHES)('a task that is cancelled ends as cancelled if its last batch %s', async (_what, end) => {
  const move = async () => {
    await untilCancelled();
    return end();
  };
  const task = await startFakeTask(
    { address: inject('temporalAddress'), client: rig.deployment.client },
    { move },
  );
  await task.handle.cancel();
  expect(await task.closedAs()).toBe('CANCELLED');
  await task.stop();
});

test('a task that is cancelled ends as cancelled if the worker of its batch never answers', async () => {
  const thawed = Promise.withResolvers<BatchProgress>();
  onTestFinished(() => thawed.resolve(NOTHING));
  const task = await startFakeTask(
    { address: inject('temporalAddress'), client: rig.deployment.client },
    { move: () => thawed.promise },
  );
  await task.handle.cancel();
  expect(await task.closedAs()).toBe('CANCELLED');
  const { memo } = await task.handle.describe();
  expect(memo?.[TASK_MEMO]).toMatchObject({ fault: null });
  thawed.resolve(NOTHING);
  await task.stop();
});
