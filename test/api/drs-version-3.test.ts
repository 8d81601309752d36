/** Tests the calls of version 3 of DRS, in the order in which Huawei's Terraform provider makes them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import { endOf } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { type DrsClient, drsClient } from './drs-rig.ts';

let deployment: Deployment;
let drs: DrsClient;
let ecl: EclClient;
let imageId: string;
let jobId: string;
beforeAll(async () => {
  deployment = await deploy({ regions: ['ot1', 'ot2', 'ot3'] });
  // No worker makes copies in ot3.
  await Promise.all([deployment.startWorker('--region', 'ot2'), deployment.startApi()]);
  drs = drsClient(deployment, 'tenant-a', 'v3');
  ecl = eclClient(deployment);
  imageId = (await deployment.addImage('ot1', 10, { owner: 'tenant-a', name: 'tiny' })).id;
  jobId = await copyInto('ot2');
  await endOf(deployment, jobId);
});
afterAll(() => deployment?.stop());

const copyInto = (region_id_dst: string) =>
  ecl.start({ image_id: imageId, tenant_id_dst: 'tenant-a', region_id_dst });
const post = (path: string, body: unknown) => drs.call('POST', path, { body });
const endAll = (jobs: readonly object[]) => drs.call('DELETE', '/batch-jobs', { body: { jobs } });
const end = (delete_type: string) => endAll([{ job_id: jobId, delete_type }]);
const endings = (job_id: string, ...types: string[]) => types.map((delete_type) => ({ job_id, delete_type }));
const success = (id: string) => ({ id, status: 'success' });

test('a finished task is read and destroyed, and its image stays', async () => {
  const status = 'RELEASE_RESOURCE_COMPLETE';
  const detail = await post('/batch-detail', { jobs: [jobId] });
  expect(detail).toMatchObject({ status: 200, body: { count: 1, results: [{ id: jobId, status }] } });
  expect(Number(detail.body.results[0].create_time)).toBeGreaterThan(Date.now() - 600_000);
  const listed = await until(async () => {
    const { body } = await post('', { cur_page: 1, per_page: 1, name: jobId, db_use_type: 'migration' });
    return body.total_record === 1 && body;
  });
  expect(listed.jobs).toMatchObject([{ id: jobId, name: 'tiny', status }]);
  const progress = await post('/batch-progress', { jobs: [jobId, 'none'] });
  expect(progress).toMatchObject({ status: 200, body: { results: [{ id: jobId, progress: '100' }, {}] } });

  expect(await end('force_terminate')).toMatchObject({
    status: 202,
    body: { results: [{ status: 'success' }] },
  });
  expect((await post('/batch-status', { jobs: [jobId] })).body.results).toEqual([{ id: jobId, status }]);
  expect((await end('delete')).body).toEqual({ count: 1, results: [{ id: jobId, status: 'success' }] });
  const gone = await until(async () => {
    const answer = await post('/batch-detail', { jobs: [jobId] });
    return answer.status === 400 && answer;
  });
  expect(gone.body).toMatchObject({
    error_code: 'DRS.M00289',
    results: [{ id: jobId, error_code: 'DRS.M00289' }],
  });
  expect(await deployment.files('ot2')).toContain(jobId);
});

test('a task that a batch names several times has one row, and is stopped once', async () => {
  const [one, other] = [await copyInto('ot3'), await copyInto('ot3')];
  const { status, body } = await endAll([
    ...endings(one, 'terminate'),
    ...endings(other, 'terminate', 'force_terminate', 'terminate'),
    ...endings(one, 'terminate'),
  ]);
  expect([status, body]).toEqual([202, { count: 2, results: [success(one), success(other)] }]);
  expect((await ecl.job(one)).cancel).toEqual(expect.not.objectContaining({ force: true }));
  expect((await ecl.job(other)).cancel).toMatchObject({ force: true });
});

test('a task that a batch both stops and deletes is stopped first, and deleted if it has ended', async () => {
  const [running, ended] = [await copyInto('ot3'), await copyInto('ot2')];
  await endOf(deployment, ended);
  const { body } = await endAll([
    ...endings(running, 'delete', 'terminate'),
    ...endings(ended, 'delete', 'force_terminate', 'delete'),
  ]);
  const tooEarly = expect.objectContaining({ id: running, status: 'failed', error_code: 'DRS.10000011' });
  // On a busy machine, the task may have ended between its stop and its deletion.
  expect(body).toMatchObject({
    count: 2,
    results: [expect.toBeOneOf([tooEarly, success(running)]), success(ended)],
  });
  if (body.results[0].status === 'failed') expect((await ecl.job(running)).cancel).not.toBeNull();
  await until(async () => (await ecl.show(ended)).status === 404);
});

test('a body or an action that is not valid is refused, and so is an unknown call', async () => {
  for (const body of [{}, { jobs: [] }, { jobs: 'x' }])
    expect((await post('/batch-detail', body)).body.error_code).toBe('DRS.M00105');
  expect((await end('remove')).body.error_code).toBe('DRS.M00105');
  expect((await post('/batch-creation', {})).body.error_code).toBe('APIGW.0101');
});
