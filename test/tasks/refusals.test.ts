import { afterAll, beforeAll, expect, test } from 'vitest';
import { TASK_QUEUE } from '../../src/copy-job/index.ts';
import { MOVE_OBJECTS, TASK_MEMO, taskWorkflowId } from '../../src/object-task/index.ts';
import { type CallOptions, SHARE, type TaskRig, taskRig } from './support.ts';

const GOOD = { type: 'import', src_target: 'training', src_prefix: 'a/' };

let it: TaskRig;
beforeAll(async () => {
  it = await taskRig();
  await it.deployment.startApi();
});
afterAll(() => it.deployment.stop());

test.each([
  ['type', { ...GOOD, type: undefined }, 'type: is missing'],
  ['type', { ...GOOD, type: 'preload' }, /^type: .*import, export$/],
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
  ['attributes', { ...GOOD, attributes: { file_mode: 755 } }, 'attributes: is not known here'],
  ['body', '{"type": ', /JSON/],
  ['body', '[]', /./],
])('a task whose %s is wrong is refused: %j', async (_field, body, message) => {
  const answer = await it.call('POST', '/task', body);
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
  ['at a share that is not there', { share: 'none' }, 404, 'SFS.TURBO.0002'],
  ['at a share that is for others', { project: 'tenant-b', token: 'b' }, 404, 'SFS.TURBO.0002'],
])('a call %s is refused', async (_why, { token, ...options }, status, errCode) => {
  const own = token === 'b' ? it.deployment.tokens.b : token;
  const calls: [string, string, unknown?][] = [
    ['POST', '/task', GOOD],
    ['GET', '/task/11abef677ac40f46644d1d5cfc2424a4'],
    ['GET', '/tasks'],
    ['DELETE', '/task/11abef677ac40f46644d1d5cfc2424a4'],
  ];
  for (const [method, path, body] of calls) {
    const answer = await it.call(method, path, body, {
      ...options,
      ...(own !== undefined && { token: own }),
    });
    expect([answer.status, answer.body.errCode]).toEqual([status, errCode]);
  }
});

test.each(['GET', 'DELETE'])('%s of a task that nobody has started is refused', async (method) => {
  for (const id of [
    '11abef677ac40f46644d1d5cfc2424a4',
    'a%2Fb',
    "'",
    '%00',
    'x'.repeat(900),
    'x'.repeat(1000),
  ]) {
    const answer = await it.call(method, `/task/${id}`);
    expect([answer.status, answer.body.errCode]).toEqual([400, 'SFS.TURBO.0106']);
  }
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
  const { status, body } = await it.call('GET', `/tasks?${query}`);
  expect([status, body.errCode]).toEqual([400, 'SFS.TURBO.0001']);
  expect(body.errMsg).toContain(query.split('=')[0]);
});

test('the list is of one share and one tenant, the newest first, and in pages', async () => {
  await it.deployment.client.workflow.start(MOVE_OBJECTS, {
    workflowId: taskWorkflowId(SHARE, 'TENANT-A', '0'.repeat(32)),
    taskQueue: TASK_QUEUE,
    args: [{}],
    memo: { [TASK_MEMO]: { created_at: '2026-01-01T00:00:00.000Z', failures: [], fault: null } },
  });
  const ids = [await it.start(GOOD), await it.start({ ...GOOD, type: 'export' }), await it.start(GOOD)];
  await expect.poll(async () => (await it.call('GET', '/tasks')).body.count).toBe(3);
  const list = async (query: string) => {
    const { body } = await it.call('GET', `/tasks${query}`);
    return [body.count, body.tasks.map(({ task_id }: { task_id: string }) => task_id)];
  };
  expect(await list('')).toEqual([3, ids.toReversed()]);
  expect(await list('?offset=1&limit=1')).toEqual([3, [ids[1]]]);
  expect(await list('?type=export')).toEqual([1, [ids[1]]]);
  expect(await list('?status=DOING&type=import')).toEqual([2, [ids[2], ids[0]]]);
  expect(await list('?status=SUCCESS')).toEqual([0, []]);
  expect(await list('?start_time=2100-01-01T00:00:00')).toEqual([0, []]);
});
