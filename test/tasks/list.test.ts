import type { WorkflowHandle, WorkflowStartOptions } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  MOVE_OBJECTS,
  requestedTask,
  TASK_MEMO,
  type TaskRequest,
  taskWorkflowId,
} from '../../src/object-task/index.ts';
import { SHARE, type TaskRig, taskRig } from './support.ts';

const { CommandType } = proto.temporal.api.enums.v1;
const GOOD = { type: 'import', src_target: 'training', src_prefix: 'a/' };

let rig: TaskRig;
beforeAll(async () => {
  rig = await taskRig();
  await rig.deployment.startApi();
});
afterAll(() => rig.deployment.stop());

const NOBODYS = '0'.repeat(32);
const BY_HAND: TaskRequest = {
  task_id: NOBODYS,
  type: 'import',
  tenant_id: 'tenant-a',
  share_id: SHARE,
  target: 'training',
  src_prefix: '',
  dest_prefix: '',
  source: { region: 'bucket', prefix: '' },
  destination: { region: 'nas', prefix: '' },
};

/** Starts a task as anybody with a Temporal client can, on a Task Queue without workers. */
async function startByHand(
  workflowId: string,
  options: Partial<WorkflowStartOptions>,
): Promise<WorkflowHandle> {
  const start = { workflowId, taskQueue: 'by-hand', args: [BY_HAND], ...options };
  return rig.deployment.client.workflow.start(MOVE_OBJECTS, start);
}

test('the list has the tasks of its share and tenant only, the newest first, filtered and in pages', async () => {
  await startByHand(taskWorkflowId(SHARE, 'TENANT-A', NOBODYS), {
    memo: { [TASK_MEMO]: requestedTask(BY_HAND, new Date()) },
  });
  const ids = [await rig.start(GOOD), await rig.start({ ...GOOD, type: 'export' }), await rig.start(GOOD)];
  await expect.poll(async () => (await rig.call('GET', '/tasks')).body.count).toBe(3);
  const list = async (query: string) => {
    const { body } = await rig.call('GET', `/tasks${query}`);
    return [body.count, body.tasks.map(({ task_id }: { task_id: string }) => task_id)];
  };
  expect(await list('')).toEqual([3, ids.toReversed()]);
  expect(await list('?offset=1&limit=1')).toEqual([3, [ids[1]]]);
  expect(await list('?type=export')).toEqual([1, [ids[1]]]);
  expect(await list('?status=DOING&type=import')).toEqual([2, [ids[2], ids[0]]]);
  expect(await list('?status=SUCCESS')).toEqual([0, []]);
  for (const type of ['import_metadata', 'preload']) expect(await list(`?type=${type}`)).toEqual([0, []]);
  expect(await list('?start_time=2100-01-01T00:00:00')).toEqual([0, []]);
});

test('a workflow without a record counts as no task: it is neither found nor listed', async () => {
  const id = 'f'.repeat(32);
  const handle = await startByHand(taskWorkflowId(SHARE, 'tenant-a', id), {});
  const { workflow } = rig.deployment.client;
  await expect.poll(async () => (await workflow.count(`WorkflowId = '${handle.workflowId}'`)).count).toBe(1);
  const { status, body } = await rig.call('GET', '/tasks');
  expect(status).toBe(200);
  expect(body.tasks.map(({ task_id }: { task_id: string }) => task_id)).not.toContain(id);
  for (const method of ['GET', 'DELETE']) {
    const { status, body } = await rig.call(method, `/task/${id}`);
    expect([status, body.errCode]).toEqual([400, 'SFS.TURBO.0106']);
  }
});

test('a task that has failed or timed out without a reason of its own has a message', async () => {
  const [late, failed] = ['a'.repeat(32), 'b'.repeat(32)] as const;
  const memo = { [TASK_MEMO]: requestedTask(BY_HAND, new Date()) };
  const idOf = (task: string) => taskWorkflowId(SHARE, 'tenant-a', task);
  await startByHand(idOf(late), { memo, workflowExecutionTimeout: '1s' });
  await startByHand(idOf(failed), { memo, taskQueue: 'failing' });
  const { client } = rig.deployment;
  const { workflowService } = client;
  const { namespace } = client.options;
  const { taskToken } = await client.withDeadline(Date.now() + 60_000, () =>
    workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: 'failing' } }),
  );
  const failure = { failWorkflowExecutionCommandAttributes: { failure: { message: 'no reason' } } };
  const commands = [{ commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION, ...failure }];
  await workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands });
  expect((await rig.ended(failed, 'FAIL')).message).toBe('the task has failed unexpectedly');
  expect((await rig.ended(late, 'FAIL')).message).toBe('the task has run out of its time');
});

test('tasks whose records have more than 4 MiB together are listed', async () => {
  const failure = { path: 'x'.repeat(1000), code: 'conflict' as const, message: 'm'.repeat(300) };
  const failures = Array.from({ length: 100 }, () => failure);
  const memo = { [TASK_MEMO]: { ...requestedTask(BY_HAND, new Date()), failures } };
  const ids = Array.from({ length: 40 }, (_, index) => String(index).padStart(32, '0'));
  await Promise.all(ids.map((id) => startByHand(taskWorkflowId(SHARE, 'tenant-a', id), { memo })));
  const list = async () => (await rig.call('GET', '/tasks?limit=1')).body;
  await expect.poll(async () => (await list()).count).toBeGreaterThanOrEqual(ids.length);
});
