import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { eclClient, messageOf, send } from '../support/http.ts';

const SHARE = 'a-share';
let deployment: Deployment;
let imageId: string;
beforeAll(async () => {
  deployment = await deploy({
    regions: ['ot1', 'ot2', 'nas', 'bucket'],
    api: { destination_region_by_tenant: { 'tenant-a': 'ot2', 'tenant-b': 'ot2' } },
    config: {
      shares: { [SHARE]: { region: 'nas', targets: { training: 'bucket' }, tenants: ['tenant-a'] } },
      tenant_limits: { open_jobs: 3, overrides: { 'tenant-b': { open_jobs: 100, bytes_under_way: '2KiB' } } },
    },
  });
  await deployment.startApi();
  imageId = (await deployment.addImage('ot1', 1000)).id;
});
afterAll(() => deployment.stop());

test('the number of open jobs of a tenant is limited, even if it asks for many at once; the answer names the limit', async () => {
  const a = eclClient(deployment);
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => a.copy({ image_id: imageId, tenant_id_dst: 'tenant-a' })),
  );
  const refused = answers.filter(({ status }) => status !== 202);
  expect(refused.length).toBe(9);
  for (const answer of refused) {
    expect(answer.status).toBe(413);
    expect(messageOf(answer)).toContain('open_jobs');
  }
  // Temporal's list lags behind. By now it has all of the jobs.
  await expect.poll(async () => (await a.jobs()).length).toBe(3);
  expect((await a.copy({ image_id: imageId, tenant_id_dst: 'tenant-a' })).status).toBe(413);
});

test('a tenant may have limits of its own, for instance for the bytes under way', async () => {
  const b = eclClient(deployment, deployment.tokens.b);
  await b.start({ image_id: imageId, tenant_id_dst: 'tenant-b' });
  await b.start({ image_id: imageId, tenant_id_dst: 'tenant-b' });
  const answer = await b.copy({ image_id: imageId, tenant_id_dst: 'tenant-b' });
  expect(answer.status).toBe(413);
  expect(messageOf(answer)).toContain('bytes_under_way');
});

test('tasks of a file share count towards the limits of a tenant', async () => {
  const task = () =>
    send(`${deployment.apiUrl}/v1/tenant-a/sfs-turbo/${SHARE}/hpc-cache/task`, {
      method: 'POST',
      token: deployment.tokens.a,
      body: { type: 'import', src_target: 'training' },
    });
  for (let started = 0; started < 3; started += 1) expect((await task()).status).toBe(202);
  const answer = await task();
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.text)).toMatchObject({
    errCode: 'SFS.TURBO.0010',
    errMsg: expect.stringContaining('open_jobs'),
  });
});
