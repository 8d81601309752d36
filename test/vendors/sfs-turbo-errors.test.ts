import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Account, SHARE, type ShareRig, shareRig } from './share-rig.ts';

const TASK = { type: 'import', src_target: 'training', src_prefix: 'a/' };
const NONE = '11abef677ac40f46644d1d5cfc2424a4';

let rig: ShareRig;
beforeAll(async () => {
  rig = await shareRig();
});
afterAll(() => rig?.stop());

/** Makes each of the calls. Returns the names of the SDK's exceptions. */
async function refused(account: Account, share = SHARE): Promise<Set<string>> {
  const sdk = rig.sdk(account);
  const calls = [
    ['create', TASK],
    ['show', { task_id: NONE }],
    ['list', {}],
    ['delete', { task_id: NONE }],
  ] as const;
  const seen = new Set<string>();
  for (const [name, args] of calls) {
    const { error } = await sdk.call(name, { share, ...args });
    expect([name, error?.request_id]).toEqual([name, expect.stringMatching(/^req-/)]);
    seen.add(`${error?.type} ${error?.status_code} ${error?.error_code} ${error?.error_msg}`);
  }
  return seen;
}

test('an unknown share is a typed error in every call', async () => {
  expect(await refused(rig.key, 'none')).toEqual(
    new Set(['ClientRequestException 404 SFS.TURBO.0002 there is no share none']),
  );
});

test('a project other than that of the key is a typed error in every call', async () => {
  expect(await refused({ ...rig.key, project: 'tenant-b' })).toEqual(
    new Set(['ClientRequestException 400 SFS.TURBO.0015 project_id: you are not signed in to tenant-b']),
  );
});

test.each<[string, Partial<Account>, string]>([
  ['with a wrong secret', { secret: 'another' }, 'verify aksk signature fail'],
  ['with an unknown key', { access: 'NOBODY' }, 'Get secretKey failed'],
  ['with an unknown token', { token: 'nobody' }, 'decrypt token fail'],
])('a request signed %s is a typed error in every call', async (_how, changes, why) => {
  const message = `Incorrect IAM authentication information: ${why}`;
  expect(await refused({ ...rig.key, ...changes })).toEqual(
    new Set([`ClientRequestException 401 APIGW.0301 ${message}`]),
  );
});

test('an unknown task is a typed error', async () => {
  const sdk = rig.sdk(rig.key);
  for (const name of ['show', 'delete']) {
    const { error } = await sdk.call(name, { share: SHARE, task_id: NONE });
    expect(error).toMatchObject({
      type: 'ClientRequestException',
      status_code: 400,
      error_code: 'SFS.TURBO.0106',
      error_msg: 'Invalid task id.',
    });
  }
});

test.each<[object, RegExp]>([
  [{ ...TASK, type: 'preload' }, /^type: .*import, export;/],
  [{ ...TASK, src_target: 'none' }, /^src_target: the share has no target none/],
  [{ ...TASK, dest_target: 'another' }, /^dest_target: /],
  [{ ...TASK, src_prefix: '../' }, /^src_prefix: /],
  [{ ...TASK, attributes: { file_mode: 755 } }, /^attributes: /],
])('an impossible task is a typed error: %j', async (task, message) => {
  const { error } = await rig.sdk(rig.key).call('create', { share: SHARE, ...task });
  expect(error).toMatchObject({
    type: 'ClientRequestException',
    status_code: 400,
    error_code: 'SFS.TURBO.0001',
    error_msg: expect.stringMatching(message),
    request_id: expect.stringMatching(/^req-/),
  });
});

test.each<[object, RegExp]>([
  [{ limit: 0 }, /^limit: /],
  [{ status: 'DONE' }, /^status: /],
  [{ end_time: 'yesterday' }, /^end_time: /],
])('an impossible list is a typed error: %j', async (query, message) => {
  const { error } = await rig.sdk(rig.key).call('list', { share: SHARE, ...query });
  expect(error).toMatchObject({ error_code: 'SFS.TURBO.0001', error_msg: expect.stringMatching(message) });
});
