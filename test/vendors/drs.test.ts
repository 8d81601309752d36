import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import { untilWritten } from '../support/jobs.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { type Called, type Sdk, startSdk } from './sdk.ts';

const NONE = 'c7debc9c-8e09-4a5d-8dd6-cc44f78jb20r';
const NO_JOB = 'Job does not exist, please check job id.';
const NOT_ALLOWED = 'The operation is not allowed in the current status of the job.';

let deployment: Deployment;
let destination: TestProcess;
let ecl: EclClient;
let sdk: Sdk;
let wrongSecret: Sdk;
let otherProject: Sdk;
let large: string;
let small: string;
beforeAll(async () => {
  const slow = join(import.meta.dirname, '../support/slow-reads.ts');
  deployment = await deploy({ env: { NODE_OPTIONS: `--import=${slow}`, SLOW_READS: '500' } });
  // The workflows and the copies into ot2 run on different workers.
  await Promise.all([deployment.startWorker('--region', 'ot1'), deployment.startApi()]);
  destination = await deployment.startWorker('--no-workflows', '--region', 'ot2');
  ecl = eclClient(deployment);
  const account = { endpoint: deployment.apiUrl, project: 'tenant-a', ...deployment.key };
  sdk = startSdk('drs.py', account);
  wrongSecret = startSdk('drs.py', { ...account, secret: 'another' });
  otherProject = startSdk('drs.py', { ...account, project: 'tenant-b' });
  large = (await deployment.addImage('ot1', 128 * MIB, { owner: 'tenant-a', name: 'ubuntu' })).id;
  small = (await deployment.addImage('ot1', 10, { owner: 'tenant-a', name: 'tiny' })).id;
});
afterAll(async () => {
  await Promise.all([sdk, wrongSecret, otherProject].map((running) => running?.stop()));
  await deployment?.stop();
});

const copyOf = (image_id: string) => ecl.start({ image_id, tenant_id_dst: 'tenant-a' });
const runningCopy = async () => {
  const job_id = await copyOf(large);
  await untilWritten(deployment, job_id, MIB);
  return job_id;
};
const stateOf = async (job_id: string) => (await sdk.ok('show', { job_id })).job.status;
const untilState = (job_id: string, state: string) => until(async () => (await stateOf(job_id)) === state);
const expectNothingLeft = (job_id: string) =>
  until(async () => !(await deployment.files('ot2')).some((name) => name.includes(job_id)));
const expectError = ({ error }: Called, status_code: number, error_code: string, error_msg: unknown) => {
  expect(error).toMatchObject({ type: 'ClientRequestException', status_code, error_code, error_msg });
  expect(error?.request_id).toMatch(/^req-/);
};

test("Huawei's SDK for DRS stops a running task, and nothing of it is left", async () => {
  const job_id = await runningCopy();
  expect(await stateOf(job_id)).toBe('FULL_TRANSFER_STARTED');
  expect(await sdk.ok('stop', { job_id })).toEqual({ id: job_id, name: 'ubuntu', status: 'success' });
  await untilState(job_id, 'RELEASE_RESOURCE_COMPLETE');
  await expectNothingLeft(job_id);
});

test('the SDK deletes a task only after it has ended, and is told which actions are possible', async () => {
  const job_id = await runningCopy();
  const actions = async () => (await sdk.ok('actions', { job_id })).job_action;
  expect(await actions()).toEqual({
    available_actions: ['FREE_RESOURCE'],
    unavailable_actions: ['DELETE'],
    current_action: 'START',
  });
  expectError(await sdk.call('delete', { job_id }), 400, 'DRS.10000011', NOT_ALLOWED);
  await sdk.ok('stop', { job_id });
  await untilState(job_id, 'RELEASE_RESOURCE_COMPLETE');
  expect(await actions()).toEqual({
    available_actions: ['DELETE'],
    unavailable_actions: ['FREE_RESOURCE'],
    current_action: '',
  });
  await sdk.ok('delete', { job_id });
  await until(async () => (await sdk.call('show', { job_id })).error?.error_code === 'DRS.10000010');
  expectError(await sdk.call('delete', { job_id }), 400, 'DRS.10000010', NO_JOB);
});

test('a finished task can be deleted, and its image stays', async () => {
  const job_id = await copyOf(small);
  await untilState(job_id, 'FULL_TRANSFER_COMPLETE');
  await sdk.ok('delete', { job_id });
  await until(async () => (await sdk.call('show', { job_id })).error?.error_code === 'DRS.10000010');
  expect(await deployment.files('ot2')).toContain(job_id);
});

test('a task is destroyed with the calls of version 3, as the Terraform provider makes them', async () => {
  const job_id = await runningCopy();
  const [detail] = (await sdk.ok('details_3', { jobs: [job_id] })).results;
  expect(detail).toMatchObject({ id: job_id, name: 'ubuntu', status: 'FULL_TRANSFER_STARTED' });
  const end = async (delete_type: string) => (await sdk.ok('end_3', { job_id, delete_type })).results;
  expect(await end('delete')).toMatchObject([{ id: job_id, status: 'failed', error_code: 'DRS.10000011' }]);
  expect(await end('force_terminate')).toEqual([{ id: job_id, status: 'success' }]);
  const status = async () => (await sdk.ok('statuses_3', { jobs: [job_id] })).results[0].status;
  await until(async () => (await status()) === 'RELEASE_RESOURCE_COMPLETE');
  await expectNothingLeft(job_id);
  await until(async () => (await end('delete'))[0].status === 'success');
  const gone = await until(async () => (await sdk.call('details_3', { jobs: [job_id] })).error);
  expect(gone).toMatchObject({ status_code: 400, error_code: 'DRS.M00289', error_msg: NO_JOB });
});

test('the SDK stops by force a task whose worker is frozen', async () => {
  const job_id = await runningCopy();
  process.kill(destination.pid, 'SIGSTOP');
  try {
    await sdk.ok('stop', { job_id, is_force_stop: false });
    expect(await stateOf(job_id)).toBe('RELEASE_RESOURCE_STARTED');
    expectError(await sdk.call('stop', { job_id }), 400, 'DRS.10000011', NOT_ALLOWED);
    const forced = await sdk.ok('stop', { job_id, is_force_stop: true });
    expect(forced).toEqual({ id: job_id, name: 'ubuntu', status: 'success' });
    await untilState(job_id, 'RELEASE_RESOURCE_COMPLETE');
    expect((await deployment.files('ot2')).some((name) => name.includes(job_id))).toBe(true);
  } finally {
    process.kill(destination.pid, 'SIGCONT');
  }
  await expectNothingLeft(job_id);
});

test('the SDK shows the name of a task, both its ends, and the reason why it has failed', async () => {
  const { id } = await deployment.addImage('ot1', 1000, { owner: 'tenant-a', name: 'spoilt' });
  await writeFile(join(deployment.folder, 'ot1', id, 'data'), Buffer.alloc(1000));
  const job_id = await copyOf(id);
  await untilState(job_id, 'FULL_TRANSFER_FAILED');
  const base_info = { name: 'spoilt', job_type: 'migration', description: expect.stringMatching(/sha512/) };
  const { job } = await sdk.ok('show', { job_id });
  expect(job).toMatchObject({
    id: job_id,
    base_info,
    source_endpoint: [{ endpoint: { id }, cloud: { region: 'ot1', project_id: 'tenant-a' } }],
    target_endpoint: [{ endpoint: { id: '' }, cloud: { region: 'ot2', project_id: 'tenant-a' } }],
  });
  const overview = (await sdk.ok('show', { job_id, type: 'overview' })).job;
  expect(overview).toMatchObject({ id: job_id, base_info });
  expect(overview.source_endpoint).toBeUndefined();
});

test('the SDK lists tasks by name, ids and states, in order and in pages', async () => {
  const ids = [await copyOf(small), await copyOf(small)];
  for (const job_id of ids) await untilState(job_id, 'FULL_TRANSFER_COMPLETE');
  const [job_id] = ids;
  expect((await sdk.ok('show', { job_id })).job).toMatchObject({
    id: job_id,
    status: 'FULL_TRANSFER_COMPLETE',
    create_time: expect.any(String),
    progress_info: { progress: '100' },
    target_endpoint: [{ endpoint: { id: job_id } }],
  });
  const listed = (query: object) =>
    sdk.ok('list', { job_type: 'migration', status: 'FULL_TRANSFER_COMPLETE', ...query });
  const all = await until(async () => {
    const page = await listed({ limit: 100 });
    return page.total_count === ids.length && page;
  });
  expect(all.jobs.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed());
  expect(all.jobs[0]).toMatchObject({ name: 'tiny', description: '', create_time: expect.any(String) });
  expect(await listed({ limit: 1, offset: 1 })).toEqual({ total_count: 2, jobs: [all.jobs[1]] });
  const [newest, oldest] = all.jobs;
  expect((await listed({ sort_key: 'create_time', sort_dir: 'asc' })).jobs).toEqual([oldest, newest]);
  expect((await listed({ name: `${oldest.id},${NONE}` })).jobs).toEqual([oldest]);
  expect((await listed({ name: 'tin', status: 'CREATING,FULL_TRANSFER_COMPLETE' })).jobs).toEqual(all.jobs);
  expect(await listed({ name: 'another' })).toEqual({ total_count: 0, jobs: [] });
  expect(await listed({ status: 'INCRE_TRANSFER_STARTED' })).toEqual({ total_count: 0, jobs: [] });
});

test('the SDK stops several tasks, and is told for each why it cannot be stopped', async () => {
  const [running, done] = [await runningCopy(), await copyOf(small)];
  await untilState(done, 'FULL_TRANSFER_COMPLETE');
  const jobs = [{ job_id: running }, { job_id: done, is_force_stop: true }, { job_id: NONE }];
  expect((await sdk.ok('batch_stop', { jobs })).jobs).toEqual([
    { id: running, name: 'ubuntu', status: 'success' },
    { id: done, status: 'failed', error_code: 'DRS.10000011', error_msg: NOT_ALLOWED },
    { id: NONE, status: 'failed', error_code: 'DRS.10000010', error_msg: NO_JOB },
  ]);
  await untilState(running, 'RELEASE_RESOURCE_COMPLETE');
  const failed = await sdk.ok('batch_stop', { jobs: [{ job_id: NONE }], x_language: 'zh-cn' });
  expect(failed.jobs[0].error_msg).toBe('任务不存在，请检查任务ID。');
});

test.each([
  ['en-us', NO_JOB],
  ['zh-cn', '任务不存在，请检查任务ID。'],
])('an unknown task is a typed error in %s', async (x_language, message) => {
  for (const name of ['stop', 'show']) {
    expectError(await sdk.call(name, { job_id: NONE, x_language }), 400, 'DRS.10000010', message);
  }
});

test.each([
  ['en-us', NOT_ALLOWED],
  ['zh-cn', '任务当前状态不允许执行该操作。'],
])('a stop of a task that has ended is a typed error in %s', async (x_language, message) => {
  const job_id = await copyOf(small);
  await untilState(job_id, 'FULL_TRANSFER_COMPLETE');
  for (const is_force_stop of [false, true]) {
    const refused = await sdk.call('stop', { job_id, x_language, is_force_stop });
    expectError(refused, 400, 'DRS.10000011', message);
  }
});

test('a wrong secret, or another project, is a typed error in every call', async () => {
  const calls = [
    ['stop', { job_id: NONE }],
    ['show', { job_id: NONE }],
    ['list', {}],
    ['batch_stop', { jobs: [{ job_id: NONE }] }],
  ] as const;
  const signature = 'Incorrect IAM authentication information: verify aksk signature fail';
  const project = 'project_id: you are not signed in to tenant-b';
  for (const [name, args] of calls) {
    expectError(await wrongSecret.call(name, args), 401, 'APIGW.0301', signature);
    expectError(await otherProject.call(name, args), 403, 'DRS.M00261', project);
  }
});
