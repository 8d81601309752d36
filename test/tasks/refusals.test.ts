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
import { type CallOptions, SHARE, type TaskRig, taskRig } from './support.ts';

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

test.each([
  ['type', { ...GOOD, type: undefined }, 'type: is missing'],
  ['type', { ...GOOD, type: 'preload' }, /^type: has to be one of: import, export; got "preload"$/],
  ['src_target', { ...GOOD, src_target: undefined }, 'src_target: is missing'],
  [
    'src_target',
    { ...GOOD, src_target: 'none' },
    /^src_target: the share has no target none; use one of: training$/,
  ],
  ['dest_target', { ...GOOD, dest_target: 'another' }, 'dest_target: has to be the same as src_target'],
  ['src_prefix', { ...GOOD, src_prefix: '/etc/' }, /^src_prefix: has to be relative/],
  ['src_prefix', { ...GOOD, src_prefix: 'a/../../b' }, /^src_prefix: has to be relative/],
  ['dest_prefix', { ...GOOD, dest_prefix: '../' }, /^dest_prefix: has to be relative/],
  ['dest_prefix', { ...GOOD, dest_prefix: 'a\0' }, /^dest_prefix: has to be relative/],
  ['dest_prefix', { ...GOOD, dest_prefix: 'x'.repeat(1025) }, /^dest_prefix: /],
  [
    'attributes',
    { ...GOOD, attributes: { file_mode: 755 } },
    'attributes: is not known here; use one of: type, src_target',
  ],
  ['body', '{"type": ', /JSON/],
  ['body', '[]', /./],
])('a task whose %s is wrong is refused: %j', async (_field, body, message) => {
  const answer = await rig.call('POST', '/task', body);
  expect(answer.status).toBe(400);
  const { errCode, errMsg, error_code, error_msg, request_id } = answer.body;
  expect([errCode, error_code]).toEqual(['SFS.TURBO.0001', 'SFS.TURBO.0001']);
  expect(errMsg).toMatch(message);
  expect(error_msg).toBe(errMsg);
  expect(answer.headers['x-request-id']).toBe(request_id);
  expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:/);
});

test.each<[string, CallOptions, number, string]>([
  ['without a good token', { token: 'nobody' }, 401, 'APIGW.0301'],
  ['for another project', { project: 'tenant-b' }, 400, 'SFS.TURBO.0015'],
  ['at an unknown share', { share: 'none' }, 404, 'SFS.TURBO.0002'],
  ['at a share for other tenants', { project: 'tenant-b', token: 'b' }, 404, 'SFS.TURBO.0002'],
])('a call %s is refused', async (_why, { token, ...options }, status, errCode) => {
  const own = token === 'b' ? rig.deployment.tokens.b : token;
  const calls: [string, string, unknown?][] = [
    ['POST', '/task', GOOD],
    ['GET', '/task/11abef677ac40f46644d1d5cfc2424a4'],
    ['GET', '/tasks'],
    ['DELETE', '/task/11abef677ac40f46644d1d5cfc2424a4'],
  ];
  for (const [method, path, body] of calls) {
    const answer = await rig.call(method, path, body, {
      ...options,
      ...(own !== undefined && { token: own }),
    });
    expect([answer.status, answer.body.errCode]).toEqual([status, errCode]);
  }
});

test.each(['GET', 'DELETE'])('%s of an unknown task is refused', async (method) => {
  for (const id of [
    '',
    '11abef677ac40f46644d1d5cfc2424a4',
    'a%2Fb',
    "'",
    '%00',
    'x'.repeat(900),
    'x'.repeat(1000),
    'x'.repeat(9000),
  ]) {
    const answer = await rig.call(method, `/task/${id}`);
    expect([answer.status, answer.body.errCode]).toEqual([400, 'SFS.TURBO.0106']);
  }
});

test.each(['%zz', '%f', '%ff%fe'])('a task id of %s cannot be decoded, and is refused', async (id) => {
  const { status, headers, body } = await rig.call('DELETE', `/task/${id}`);
  expect([status, body.errCode, body.errMsg]).toEqual([
    400,
    'SFS.TURBO.0001',
    'the path cannot be decoded: something after a percent sign is wrong',
  ]);
  expect(headers['x-request-id']).toBe(body.request_id);
});

test.each([
  ['GET', '/tasks/more'],
  ['GET', '/nothing'],
])('%s %s is an unknown call', async (method, path) => {
  const { status, headers, body } = await rig.call(method, path);
  expect([status, body.errCode, body.error_code]).toEqual([404, 'APIGW.0101', 'APIGW.0101']);
  expect(headers['x-request-id']).toBe(body.request_id);
  expect((await rig.call(method, path, undefined, { token: 'nobody' })).body.errCode).toBe('APIGW.0301');
});

test.each([
  'limit=0',
  'limit=1001',
  'offset=-1',
  'status=DONE',
  'start_time=yesterday',
  'end_time=2026-13-01T00:00:00',
  'colour=red',
])('a list with %s is refused', async (query) => {
  const { status, body } = await rig.call('GET', `/tasks?${query}`);
  expect([status, body.errCode]).toEqual([400, 'SFS.TURBO.0001']);
  expect(body.errMsg).toContain(query.split('=')[0]);
});

test.each([
  ['PUT', '/tasks', 'GET, HEAD'],
  ['POST', '/task/11abef677ac40f46644d1d5cfc2424a4', 'DELETE, GET, HEAD'],
])('%s %s is refused as a method that the path does not have', async (method, path, allowed) => {
  const { status, headers, body } = await rig.call(method, path);
  expect([status, body.errCode, headers.allow]).toEqual([405, 'APIGW.0101', allowed]);
});

test('the list contains the tasks of one share and one tenant, the newest first, in pages', async () => {
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
  expect(await list('?start_time=2100-01-01T00:00:00')).toEqual([0, []]);
});

test('a workflow without a record is not found as a task, and the list still works', async () => {
  const id = 'f'.repeat(32);
  const handle = await startByHand(taskWorkflowId(SHARE, 'tenant-a', id), {});
  const { workflow } = rig.deployment.client;
  await expect.poll(async () => (await workflow.count(`WorkflowId = '${handle.workflowId}'`)).count).toBe(1);
  expect((await rig.call('GET', '/tasks?type=export')).status).toBe(200);
  for (const method of ['GET', 'DELETE']) {
    const { status, body } = await rig.call(method, `/task/${id}`);
    expect([status, body.errCode]).toEqual([400, 'SFS.TURBO.0106']);
  }
});

test('a task that ended without a reason still has a message', async () => {
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
