/** Tests the calls of version 3 of DRS, in the order in which Huawei's Terraform provider makes them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { endOf } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { type DrsClient, drsClient } from './drs-rig.ts';

let deployment: Deployment;
let drs: DrsClient;
let jobId: string;
beforeAll(async () => {
  deployment = await deploy();
  await Promise.all([deployment.startWorker(), deployment.startApi()]);
  drs = drsClient(deployment, 'tenant-a', 'v3');
  const { id } = await deployment.addImage('ot1', 10, { owner: 'tenant-a', name: 'tiny' });
  jobId = await eclClient(deployment).start({ image_id: id, tenant_id_dst: 'tenant-a' });
  await endOf(deployment, jobId);
});
afterAll(() => deployment?.stop());

const post = (path: string, body: unknown) => drs.call('POST', path, { body });
const end = (delete_type: string) =>
  drs.call('DELETE', '/batch-jobs', { body: { jobs: [{ job_id: jobId, delete_type }] } });

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

test('a body or an action that is not valid is refused, and so is an unknown call', async () => {
  for (const body of [{}, { jobs: [] }, { jobs: 'x' }])
    expect((await post('/batch-detail', body)).body.error_code).toBe('DRS.M00105');
  expect((await end('remove')).body.error_code).toBe('DRS.M00105');
  expect((await post('/batch-creation', {})).body.error_code).toBe('APIGW.0101');
});
