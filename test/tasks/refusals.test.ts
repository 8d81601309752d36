import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CallOptions, type TaskRig, taskRig } from './support.ts';

const GOOD = { type: 'import', src_target: 'training', src_prefix: 'a/' };

let rig: TaskRig;
beforeAll(async () => {
  rig = await taskRig();
  await rig.deployment.startApi();
});
afterAll(() => rig.deployment.stop());

const RELATIVE = "has to be relative: without a slash at its beginning, and without '.' and '..' in it";
const LONG = `dest_prefix: has to be a text of at most 1024 characters; got "${'x'.repeat(39)}…`;
test.each([
  ['type: is missing', { ...GOOD, type: undefined }],
  ['type: has to be one of: import, export; got "preload"', { ...GOOD, type: 'preload' }],
  ['src_target: is missing', { ...GOOD, src_target: undefined }],
  ['src_target: the share has no target none; use one of: training', { ...GOOD, src_target: 'none' }],
  ['dest_target: has to be the same as src_target', { ...GOOD, dest_target: 'another' }],
  [`src_prefix: ${RELATIVE}`, { ...GOOD, src_prefix: '/etc/' }],
  [`src_prefix: ${RELATIVE}`, { ...GOOD, src_prefix: 'a/../../b' }],
  [`dest_prefix: ${RELATIVE}`, { ...GOOD, dest_prefix: '../' }],
  [`dest_prefix: ${RELATIVE}`, { ...GOOD, dest_prefix: 'a\0' }],
  [LONG, { ...GOOD, dest_prefix: 'x'.repeat(1025) }],
  [
    'attributes: is not known here; use one of: type, src_target, src_prefix, dest_target, dest_prefix',
    { ...GOOD, attributes: { file_mode: 755 } },
  ],
  ['body: is not valid JSON', '{"type": '],
  ['body: has to be keys with values; got []', '[]'],
])('a wrong task is refused with a status of 400 and "%s"', async (message, body) => {
  const { status, headers, body: answer } = await rig.call('POST', '/task', body);
  expect(status).toBe(400);
  expect(answer).toEqual({
    errCode: 'SFS.TURBO.0001',
    errMsg: message,
    error_code: 'SFS.TURBO.0001',
    error_msg: message,
    request_id: headers['x-request-id'],
  });
});

test.each<[string, CallOptions, number, string]>([
  ['with an unknown token', { token: 'nobody' }, 401, 'APIGW.0301'],
  ['for another project', { project: 'tenant-b' }, 400, 'SFS.TURBO.0015'],
  ['at an unknown share', { share: 'none' }, 404, 'SFS.TURBO.0002'],
  ['at a share for other tenants', { project: 'tenant-b', token: 'b' }, 404, 'SFS.TURBO.0002'],
])('every call %s is refused', async (_why, { token, ...options }, status, errCode) => {
  const own = token === 'b' ? rig.deployment.tokens.b : token;
  const calls: [string, string, unknown?][] = [
    ['POST', '/task', GOOD],
    ['GET', '/task/11abef677ac40f46644d1d5cfc2424a4'],
    ['GET', '/tasks'],
    ['GET', '/tasks?type=preload'],
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

test.each(['GET', 'DELETE'])('%s of a task id that no task has is refused', async (method) => {
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

test.each(['%zz', '%f', '%ff%fe'])('a task id of %s, which cannot be decoded, is refused', async (id) => {
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
])('%s %s is refused as an unknown call; without a good token, for the token', async (method, path) => {
  const { status, headers, body } = await rig.call(method, path);
  expect([status, body.errCode, body.error_code]).toEqual([404, 'APIGW.0101', 'APIGW.0101']);
  expect(headers['x-request-id']).toBe(body.request_id);
  expect((await rig.call(method, path, undefined, { token: 'nobody' })).body.errCode).toBe('APIGW.0301');
});

test.each([
  ['limit=0', 'limit: has to be a whole number from 1 to 1000; got "0"'],
  ['limit=1001', 'limit: has to be a whole number from 1 to 1000; got "1001"'],
  ['offset=-1', 'offset: has to be a whole number from 0 to 999999; got "-1"'],
  ['status=DONE', 'status: has to be one of: DOING, SUCCESS, FAIL, DELETING; got "DONE"'],
  [
    'start_time=yesterday',
    'start_time: has to be a time in UTC such as 2026-01-31T08:00:00; got "yesterday"',
  ],
  ['end_time=2026-13-01T00:00:00', 'end_time: is not a valid date and time'],
  ['type=preload&start_time=2026-13-01T00:00:00', 'start_time: is not a valid date and time'],
  ['colour=red', 'colour: is not known here; use one of: type, status, offset, limit, start_time, end_time'],
])('a list with %s is refused with a status of 400 and "%s"', async (query, message) => {
  const { status, body } = await rig.call('GET', `/tasks?${query}`);
  expect([status, body.errCode, body.errMsg]).toEqual([400, 'SFS.TURBO.0001', message]);
});

test.each([
  ['PUT', '/tasks', 'GET, HEAD'],
  ['POST', '/task/11abef677ac40f46644d1d5cfc2424a4', 'DELETE, GET, HEAD'],
])('%s %s is refused as a method that the path does not have', async (method, path, allowed) => {
  const { status, headers, body } = await rig.call(method, path);
  expect([status, body.errCode, headers.allow]).toEqual([405, 'APIGW.0101', allowed]);
});
