import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { until } from '../support/until.ts';
import { type DrsClient, drsClient } from './drs-rig.ts';

let deployment: Deployment;
let drs: DrsClient;
/** The ids of three tasks. The first one waits for a worker, and the other ones have copied their images. */
let ubuntu: string;
let debian: string;
let ubuntuNew: string;
beforeAll(async () => {
  deployment = await deploy({ regions: ['ot1', 'ot2', 'ot3'] });
  await Promise.all([deployment.startWorker('--region', 'ot2'), deployment.startApi()]);
  drs = drsClient(deployment);
  const ecl = eclClient(deployment);
  const order = async (name: string, region_id_dst: string) => {
    const { id } = await deployment.addImage('ot1', 10, { owner: 'tenant-a', name });
    return ecl.start({ image_id: id, tenant_id_dst: 'tenant-a', region_id_dst });
  };
  ubuntu = await order('ubuntu', 'ot3');
  debian = await order('debian,12', 'ot2');
  await ecl.ended(debian);
  ubuntuNew = await order('ubuntu-new', 'ot2');
  await ecl.ended(ubuntuNew);
  await until(async () => (await list('status=FULL_TRANSFER_COMPLETE')).length === 2);
});
afterAll(() => deployment?.stop());

const ask = (query: string) => drs.call('GET', `?${query}`, { token: deployment.tokens.a });
const list = async (query: string): Promise<string[]> => {
  const { status, body } = await ask(query);
  expect([status, body.total_count]).toEqual([200, body.jobs.length]);
  return body.jobs.map(({ id }: { id: string }) => id);
};

test('tasks are listed from the newest to the oldest, also where an older one still runs', async () => {
  expect(await list('')).toEqual([ubuntuNew, debian, ubuntu]);
  expect(await list('sort_key=create_time&sort_dir=desc')).toEqual([ubuntuNew, debian, ubuntu]);
  const page = await ask('offset=1&limit=1');
  expect(page.body).toMatchObject({ total_count: 3, jobs: [{ id: debian }] });
});

test.each<[string, () => string[]]>([
  ['sort_dir=asc', () => [ubuntu, debian, ubuntuNew]],
  ['sort_key=name&sort_dir=asc', () => [debian, ubuntu, ubuntuNew]],
  ['sort_key=status&sort_dir=asc&name=n', () => [debian, ubuntuNew, ubuntu]],
  ['sort_key=net_type', () => [ubuntuNew, debian, ubuntu]],
])('tasks are listed in the order of %s', async (query, ids) => {
  expect(await list(query)).toEqual(ids());
});

test.each<[string, () => string, () => string[]]>([
  ['a part of their names', () => 'ubuntu', () => [ubuntuNew, ubuntu]],
  ['a name with a comma', () => 'debian,12', () => [debian]],
  ['a name that no task has', () => 'Ubuntu', () => []],
  ['an id', () => ubuntu, () => [ubuntu]],
  ['several ids', () => `${debian},none,${ubuntu}`, () => [debian, ubuntu]],
  ['a part of an id', () => ubuntu.slice(0, 8), () => []],
  ['an empty text', () => '', () => [ubuntuNew, debian, ubuntu]],
])('tasks are found by %s, in both versions', async (_what, name, ids) => {
  expect(await list(`name=${encodeURIComponent(name())}`)).toEqual(ids());
  const body = { cur_page: 1, per_page: 10, name: name() };
  const found = (await drsClient(deployment, 'tenant-a', 'v3').call('POST', '', { body })).body;
  expect(found.total_record).toBe(ids().length);
  expect(found.jobs.map(({ id }: { id: string }) => id).sort()).toEqual(ids().sort());
});

test('tasks are listed by one state or several, which may be any of those that DRS documents', async () => {
  const done = 'FULL_TRANSFER_COMPLETE';
  expect(await list(`status=${done}`)).toEqual([ubuntuNew, debian]);
  expect(await list(`status=INCRE_TRANSFER_STARTED,${done}`)).toEqual([ubuntuNew, debian]);
  const open = 'STARTJOBING,FULL_TRANSFER_STARTED';
  expect(await list(`status=${open}`)).toEqual([ubuntu]);
  expect(await list(`status=${open},${done}`)).toEqual([ubuntuNew, debian, ubuntu]);
  expect(await list(`status=${done}&name=ubuntu`)).toEqual([ubuntuNew]);
  for (const none of [
    'CREATING',
    'PAUSING',
    'RELEASE_CHILD_TRANSFER_STARTED',
    'NODE_UPGRADE_START,DELETED',
  ]) {
    expect(await list(`status=${none}`)).toEqual([]);
  }
});

test.each([
  ['limit=0', 'limit: has to be a whole number from 1 to 1000; got "0"'],
  ['limit=1001', 'limit: has to be a whole number from 1 to 1000; got "1001"'],
  ['offset=-1', 'offset: has to be a whole number from 0 to 999999; got "-1"'],
  ['status=DONE', `status: has to be one or more of DRS's status words, separated by commas; got "DONE"`],
  ['status=', `status: has to be one or more of DRS's status words, separated by commas; got ""`],
  [
    'status=CREATING,DONE',
    `status: has to be one or more of DRS's status words, separated by commas; got "CREATING,DONE"`,
  ],
  ['sort_dir=up', 'sort_dir: has to be one of: desc, asc; got "up"'],
  [
    'sort_key=size',
    'sort_key: has to be one of: create_time, name, status, net_type, job_direction, pay_mode; got "size"',
  ],
])('a list with %s is refused with "%s"', async (query, message) => {
  const { status, body } = await ask(query);
  expect([status, body.error_code, body.error_msg]).toEqual([400, 'DRS.M00105', message]);
});

test('a filter that has no meaning here changes nothing', async () => {
  expect(await list('job_type=migration&net_type=vpc')).toEqual([ubuntuNew, debian, ubuntu]);
});
