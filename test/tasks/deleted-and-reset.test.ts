/** Tests that a deletion stops a task and its copies, also those that somebody resets or has paused. */
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LARGE_OBJECT } from '../../src/object-task/index.ts';
import { until } from '../support/until.ts';
import { gate } from '../support/workflow-hooks.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import { holdingPrepare, startFaultyWorkers } from './faulty-workers.ts';
import { type TaskRig, taskRig, workflowOf } from './support.ts';

const TASK = { type: 'import', src_target: 'training', src_prefix: 'x/' };

let rig: TaskRig;
let stopWorkers: (() => Promise<void>) | undefined;
beforeEach(async () => {
  stopWorkers = undefined;
  rig = await taskRig({ limits: { heartbeat_timeout: '30s' } });
  await rig.deployment.startApi();
});
afterEach(async () => {
  await stopWorkers?.();
  await rig.deployment.stop();
});

const remove = async (taskId: string) =>
  expect((await rig.call('DELETE', `/task/${taskId}`)).status).toBe(202);

const untilGone = (taskId: string) =>
  until(async () => (await rig.call('GET', `/task/${taskId}`)).status === 400);

/** Waits until the last run of a workflow is being cancelled, or is gone already. */
const untilCancelled = (handle: WorkflowHandle) =>
  until(async () => {
    const found = await handle.describe().catch((error) => error);
    if (found instanceof WorkflowNotFoundError) return true;
    return found.raw.workflowExtendedInfo?.cancelRequested === true;
  }, 30_000);

/** Orders the deletion of a task. Resets a workflow as soon as the deletion has cancelled it. */
async function deleteAndReset(taskId: string, workflow: WorkflowHandle): Promise<void> {
  await remove(taskId);
  await untilCancelled(workflow);
  await resetWorkflow(rig.deployment.client, workflow.workflowId, 'first');
}

test('a task that is reset during its deletion is cancelled again, and moves nothing more', async () => {
  await rig.put('bucket', 'x/a', 10);
  const [first, later] = [gate(), gate()];
  let isFirst = true;
  stopWorkers = await startFaultyWorkers(rig, {
    nas: ({ write }) => ({
      async write(path, data, signal, ...more) {
        // The first attempt does not notice the cancel, so the task stays open until it is reset.
        const held = isFirst ? first.pass() : later.pass(signal);
        isFirst = false;
        await held;
        return write(path, data, signal, ...more);
      },
    }),
  });
  const taskId = await rig.start(TASK);
  await first.reached;
  const task = await workflowOf(rig, 'moveObjects');
  await deleteAndReset(taskId, task);
  await untilGone(taskId);
  first.open();
  await stopWorkers();
  stopWorkers = undefined;
  expect(await rig.tree('nas')).toEqual([]);
});

test('the copy of a large object that is reset during the deletion of its task is cancelled again', async () => {
  await rig.put('bucket', 'x/large', 0);
  await truncate(join(rig.deployment.folder, 'bucket/x/large'), LARGE_OBJECT);
  const at = gate();
  stopWorkers = await startFaultyWorkers(rig, {
    nas: holdingPrepare(at),
  });
  const taskId = await rig.start(TASK);
  await at.reached;
  const copy = await workflowOf(rig, 'copyImage');
  await deleteAndReset(taskId, copy);
  await untilCancelled(copy);
  at.open();
  await untilGone(taskId);
  expect(await rig.tree('nas')).toEqual([]);
});

test.each(['workflow', 'activity'] as const)(
  'a task whose %s is paused is deleted, and is not resumed to the end',
  async (paused) => {
    for (const name of ['a', 'b', 'c']) await rig.put('bucket', `x/${name}`, 10);
    const at = gate();
    stopWorkers = await startFaultyWorkers(rig, {
      nas: ({ write }) => ({
        async write(path, data, signal, ...more) {
          await at.pass(signal);
          return write(path, data, signal, ...more);
        },
      }),
    });
    const taskId = await rig.start(TASK);
    await at.reached;
    const task = await workflowOf(rig, 'moveObjects');
    const [batch] = (await task.describe()).raw.pendingActivities ?? [];
    const step = paused === 'activity' ? ['--activity-id', batch?.activityId ?? ''] : [];
    await rig.deployment.temporal(paused, 'pause', '-w', task.workflowId, ...step);
    await remove(taskId);
    await untilGone(taskId);
    expect(await rig.tree('nas')).toEqual([]);
  },
);
