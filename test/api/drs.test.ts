import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import { untilWritten } from '../support/jobs.ts';
import { type DrsAnswer, type DrsClient, drsClient } from './drs-rig.ts';

let deployment: Deployment;
let ecl: EclClient;
let drs: DrsClient;
let large: string;
let small: string;
beforeAll(async () => {
  deployment = await deploy();
  await Promise.all([deployment.startSlowWorker(500), deployment.startApi()]);
  ecl = eclClient(deployment);
  drs = drsClient(deployment);
  large = (await deployment.addImage('ot1', 128 * MIB, { owner: 'tenant-a', name: 'ubuntu' })).id;
  small = (await deployment.addImage('ot1', 10, { owner: 'tenant-a', name: 'tiny' })).id;
});
afterAll(() => deployment.stop());

const start = (image_id: string, tenant_id_dst = 'tenant-a') => ecl.start({ image_id, tenant_id_dst });
const runningCopy = async () => {
  const jobId = await start(large);
  await untilWritten(deployment, jobId, MIB);
  return jobId;
};
const expectError = (answer: DrsAnswer, status: number, code: string, message?: string | RegExp) => {
  expect([answer.status, answer.body.error_code]).toEqual([status, code]);
  expect(Object.keys(answer.body)).toEqual(expect.arrayContaining(['error_code', 'error_msg']));
  expect(answer.headers['x-request-id']).toMatch(/^req-/);
  expect(answer.body.error_msg.length).toBeLessThanOrEqual(512);
  expect(answer.body.error_msg).not.toMatch(/node_modules|\.ts:/);
  if (message !== undefined) expect(answer.body.error_msg).toMatch(message);
};
const NO_JOB = 'Job does not exist, please check job id.';

test.each<[string, unknown]>([
  ['no body', undefined],
  ['an empty body', ''],
  ['an empty object', {}],
  ['is_force_stop false', { is_force_stop: false }],
  ['is_force_stop true', { is_force_stop: true }],
])('a stop with %s stops a task, and nothing of the copy is left', async (_name, body) => {
  const jobId = await runningCopy();
  const answer = await drs.stop(jobId, body);
  expect(answer).toMatchObject({ status: 200, body: { id: jobId, name: 'ubuntu', status: 'success' } });
  expect(Object.keys(answer.body).sort()).toEqual(['id', 'name', 'status']);
  await drs.untilState(jobId, 'RELEASE_RESOURCE_COMPLETE');
  await expect
    .poll(async () => (await deployment.files('ot2')).filter((name) => name.includes(jobId)))
    .toEqual([]);
});

test.each<[string, unknown]>([
  ['null', 'null'],
  ['a list', []],
  ['a string', '"x"'],
  ['no JSON', '{"is_force_stop": '],
  ['is_force_stop null', { is_force_stop: null }],
  ['is_force_stop "true"', { is_force_stop: 'true' }],
  ['is_force_stop 1', { is_force_stop: 1 }],
  ['another field', { force: true }],
])('a stop with %s is refused, and the task goes on', async (_name, body) => {
  const jobId = await start(large);
  expectError(await drs.stop(jobId, body), 400, 'DRS.M00105');
  expect((await ecl.job(jobId)).cancel).toBeNull();
  await drs.stop(jobId);
});

test.each<[string, string]>([
  ['that is empty', ''],
  ['of letters', 'nobody-has-this-one'],
  ["of the vendor's form", 'c7debc9c-8e09-4a5d-8dd6-cc44f78jb20r'],
  ['with a slash', 'a%2Fb'],
  ['with a NUL', '%00'],
  ['of 900 characters', 'x'.repeat(900)],
  ['of 1,001 characters', 'x'.repeat(1001)],
  ['of 9,000 characters', 'x'.repeat(9000)],
])('no task is found for an id %s', async (_name, jobId) => {
  const { a: token } = deployment.tokens;
  expectError(await drs.call('POST', `/${jobId}/stop`, { token }), 400, 'DRS.10000010', NO_JOB);
  expectError(await drs.call('GET', `/${jobId}`, { token }), 400, 'DRS.10000010', NO_JOB);
});

test.each(['%zz', '%f', '%ff%fe'])('a job id of %s cannot be decoded, and is refused', async (jobId) => {
  expectError(await drs.call('POST', `/${jobId}/stop`), 400, 'DRS.M00105', 'cannot be decoded');
  expectError(await drs.call('GET', `/${jobId}`), 400, 'DRS.M00105', 'cannot be decoded');
});

test.each(['json', ';;', ''])('the Content-Type "%s" is ignored', async (type) => {
  const headers = { 'content-type': type };
  const path = '/nobody-has-this-one/stop';
  expectError(await drs.call('POST', path, { headers, body: {} }), 400, 'DRS.10000010', NO_JOB);
  const unknown = await drs.call('POST', path, { headers, body: {}, token: 'unknown' });
  expectError(unknown, 401, 'APIGW.0301');
});

test('an error is in the language that X-Language asks for, or else in English', async () => {
  const ask = (language: string) =>
    drs.call('POST', '/nobody-has-this-one/stop', { headers: { 'x-language': language } });
  expectError(await ask('zh-cn'), 400, 'DRS.10000010', '任务不存在');
  expectError(await ask('en-us'), 400, 'DRS.10000010', NO_JOB);
  expectError(await ask('fr-fr'), 400, 'DRS.10000010', NO_JOB);
});

test('a task that has ended cannot be stopped', async () => {
  const jobId = await start(small);
  await ecl.ended(jobId);
  for (const body of [{}, { is_force_stop: true }]) {
    expectError(await drs.stop(jobId, body), 400, 'DRS.10000011', 'not allowed');
  }
  const headers = { 'x-language': 'zh-cn' };
  expectError(await drs.call('POST', `/${jobId}/stop`, { headers }), 400, 'DRS.10000011', '不允许');
  expect(await ecl.job(jobId)).toMatchObject({ status: 'replicated', cancel: null });
});

test('a second stop is refused, both during the first one and after it', async () => {
  const jobId = await runningCopy();
  await drs.stop(jobId);
  expectError(await drs.stop(jobId), 400, 'DRS.10000011');
  await drs.untilState(jobId, 'RELEASE_RESOURCE_COMPLETE');
  expectError(await drs.stop(jobId), 400, 'DRS.10000011');
});

test('a task is shown as an overview, or in detail', async () => {
  const jobId = await start(small);
  await drs.untilState(jobId, 'FULL_TRANSFER_COMPLETE');
  const overview = {
    id: jobId,
    name: 'tiny',
    status: 'FULL_TRANSFER_COMPLETE',
    description: '',
    create_time: expect.any(String),
    base_info: { name: 'tiny', job_type: 'migration', task_type: 'FULL_TRANS', description: '' },
    progress_info: { progress: '100' },
  };
  const project_id = 'tenant-a';
  const endpoint = (endpoint_role: string, region: string, id: string) => ({
    endpoint_role,
    endpoint: { id },
    cloud: { region, project_id },
    region,
    id,
    project_id,
  });
  const { body } = await drs.call('GET', `/${jobId}?type=overview`);
  expect(body).toEqual({ job: overview });
  const detail = {
    ...overview,
    source_endpoint: [endpoint('so', 'ot1', small)],
    target_endpoint: [endpoint('ta', 'ot2', jobId)],
  };
  expect((await drs.call('GET', `/${jobId}?type=detail`)).body).toEqual({ job: detail });
  expect((await drs.call('GET', `/${jobId}`)).body).toEqual({ job: detail });
  expectError(await drs.call('GET', `/${jobId}?type=all`), 400, 'DRS.M00105', /^type: /);
});

test('a task that has failed shows the reason', async () => {
  const image = await deployment.addImage('ot1', 1000, { owner: 'tenant-a' });
  await writeFile(join(deployment.folder, 'ot1', image.id, 'data'), Buffer.alloc(1000));
  const jobId = await start(image.id);
  await drs.untilState(jobId, 'FULL_TRANSFER_FAILED');
  const { body } = await drs.call('GET', `/${jobId}`);
  expect(body.job.description).toMatch(/sha512|digest/);
  expect(body.job.base_info.description).toBe(body.job.description);
});

test('a batch stops each task, or says why the task cannot be stopped', async () => {
  const [running, done] = [await runningCopy(), await start(small)];
  await ecl.ended(done);
  const jobs = [{ job_id: running }, { job_id: done, is_force_stop: true }, { job_id: 'none' }];
  const { status, body } = await drs.call('POST', '/batch-stop', { body: { jobs } });
  expect(status).toBe(200);
  expect(body).toEqual({
    count: 3,
    jobs: [
      { id: running, name: 'ubuntu', status: 'success' },
      { id: done, status: 'failed', error_code: 'DRS.10000011', error_msg: expect.any(String) },
      { id: 'none', status: 'failed', error_code: 'DRS.10000010', error_msg: NO_JOB },
    ],
  });
  for (const bad of [
    {},
    { jobs: [] },
    { jobs: [{ id: running }] },
    { jobs: [{ job_id: '\ud800' }] },
    '',
    'null',
  ]) {
    expectError(await drs.call('POST', '/batch-stop', { body: bad }), 400, 'DRS.M00105');
  }
});

test('a task that a batch names several times is stopped once, and by force if one of the entries says so', async () => {
  const jobId = await runningCopy();
  const jobs = [{ job_id: jobId }, { job_id: jobId, is_force_stop: true }, { job_id: jobId }];
  const { body } = await drs.call('POST', '/batch-stop', { body: { jobs } });
  expect(body).toEqual({ count: 1, jobs: [{ id: jobId, name: 'ubuntu', status: 'success' }] });
  await drs.untilState(jobId, 'RELEASE_RESOURCE_COMPLETE');
  expect((await ecl.job(jobId)).cancel).toMatchObject({ force: true });
});

test("the project in the path has to be the caller's own project", async () => {
  const jobId = await runningCopy();
  const calls: [string, string, object][] = [
    ['POST', `/${jobId}/stop`, {}],
    ['POST', '/batch-stop', { body: { jobs: [{ job_id: jobId }] } }],
    ['GET', `/${jobId}`, {}],
    ['GET', '', {}],
  ];
  for (const [method, path, options] of calls) {
    expectError(await drsClient(deployment, 'tenant-b').call(method, path, options), 403, 'DRS.M00261');
  }
  const other = drsClient(deployment, 'tenant-b');
  const { b: token } = deployment.tokens;
  expectError(await other.call('POST', `/${jobId}/stop`, { token }), 400, 'DRS.10000010', NO_JOB);
  expect((await other.call('GET', '', { token })).body).toEqual({ total_count: 0, jobs: [] });
  expect((await drs.stop(jobId)).status).toBe(200);
});
