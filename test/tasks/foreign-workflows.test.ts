import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TASK_QUEUE } from '../../src/copy-job/index.ts';
import {
  DELETE_TASK,
  deletionIdOf,
  requestedTask,
  TASK_MEMO,
  taskWorkflowId,
} from '../../src/object-task/index.ts';
import { SHARE, type TaskRig, taskRig } from './support.ts';

const REQUEST = {
  task_id: 'x',
  tenant_id: 'tenant-a',
  share_id: SHARE,
  type: 'import',
  target: 'training',
  src_prefix: '',
  dest_prefix: '',
  source: { region: 'bucket', prefix: '' },
  destination: { region: 'nas', prefix: 'training/' },
} as const;
const MEMO = { [TASK_MEMO]: requestedTask(REQUEST, new Date()) };

let rig: TaskRig;
beforeAll(async () => {
  rig = await taskRig();
  await Promise.all([rig.deployment.startApi(), rig.deployment.startWorker()]);
});
afterAll(() => rig.deployment.stop());

const startForeign = (workflowId: string, type = 'somebodyElses') =>
  rig.deployment.client.workflow.start(type, { workflowId, taskQueue: 'nobody', memo: MEMO });

test('a workflow of another type is not a task, even with the id and the memo of one', async () => {
  const taskId = 'e'.repeat(32);
  const handle = await startForeign(taskWorkflowId(SHARE, 'tenant-a', taskId));
  for (const method of ['GET', 'DELETE']) {
    const { status, body } = await rig.call(method, `/task/${taskId}`);
    expect([method, status, body.errCode]).toEqual([method, 400, 'SFS.TURBO.0106']);
  }
  expect((await handle.describe()).status.name).toBe('RUNNING');
});

test('a workflow of another type with the id of a deletion does not make a task DELETING', async () => {
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'a/' });
  await startForeign(deletionIdOf(taskWorkflowId(SHARE, 'tenant-a', taskId)));
  expect((await rig.ended(taskId, 'SUCCESS', 'DELETING')).status).toBe('SUCCESS');
});

test('a deletion whose input is part of a filter deletes nothing else', async () => {
  const { workflow } = rig.deployment.client;
  const other = await startForeign('other');
  await other.terminate();
  await expect.poll(async () => (await workflow.count("WorkflowId = 'other'")).count).toBe(1);
  await workflow.execute(DELETE_TASK, {
    workflowId: 'delete/by-hand',
    taskQueue: TASK_QUEUE,
    args: ["x' OR WorkflowId = 'other"],
  });
  // The server needs about a second for a deletion.
  await sleep(3000);
  expect((await other.describe()).status.name).toBe('TERMINATED');
});
