/** Tests what becomes of the copies of large objects when their task is reset. */
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { COPY_IMAGE } from '../../src/copy-job/index.ts';
import { LARGE_OBJECT, TASK_MEMO } from '../../src/object-task/index.ts';
import { until } from '../support/until.ts';
import { gate } from '../support/workflow-hooks.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import { startFaultyWorkers } from './faulty-workers.ts';
import { type TaskRig, taskRig } from './support.ts';

const TASK = { type: 'import', src_target: 'training', src_prefix: 'x/' };
const PLACE = 'training/x/large';

let rig: TaskRig;
let stopWorkers: () => Promise<void>;
beforeEach(async () => {
  rig = await taskRig({ limits: { heartbeat_timeout: '30s', give_up_after: '2s' } });
  await rig.deployment.startApi();
  await rig.put('bucket', 'x/large', 0);
  await truncate(join(rig.deployment.folder, 'bucket/x/large'), LARGE_OBJECT);
});
afterEach(async () => {
  await stopWorkers?.();
  await rig.deployment.stop();
});

/** Starts a task whose first copy waits at a gate right before its commit. */
async function startHeld(at: ReturnType<typeof gate>) {
  let isFirst = true;
  stopWorkers = await startFaultyWorkers(rig, {
    nas: ({ commit }) => ({
      async commit(...call) {
        if (isFirst) {
          isFirst = false;
          await at.pass();
        }
        return commit(...call);
      },
    }),
  });
  const taskId = await rig.start(TASK);
  await at.reached;
  const [workflowId = ''] = await rig.workflows();
  return { taskId, workflowId };
}

const copies = async (state: string) =>
  (await rig.deployment.client.workflow.count(`WorkflowType = '${COPY_IMAGE}' AND ${state}`)).count;

test('the copy of a run before a reset replaces nothing once the task has ended', async () => {
  const at = gate();
  const { taskId, workflowId } = await startHeld(at);
  await resetWorkflow(rig.deployment.client, workflowId, 'first');
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS' });
  await rig.put('nas', PLACE, Buffer.from('of a person'));
  at.open();
  await until(async () => (await copies("ExecutionStatus = 'Running'")) === 0);
  expect((await rig.get('nas', PLACE)).toString()).toBe('of a person');
  expect(await rig.tree('nas')).toEqual([PLACE]);
});

test('a task that is reset after the start of a copy goes on with that copy', async () => {
  const at = gate();
  const { taskId, workflowId } = await startHeld(at);
  await resetWorkflow(rig.deployment.client, workflowId, 'last');
  at.open();
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS', message: '' });
  const { memo } = await rig.deployment.client.workflow.getHandle(workflowId).describe();
  expect(memo?.[TASK_MEMO]).toMatchObject({ objects_moved: 1 });
  expect(await copies("ExecutionStatus != 'ContinuedAsNew'")).toBe(1);
  expect(await rig.tree('nas')).toEqual([PLACE]);
});
