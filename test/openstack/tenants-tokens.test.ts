import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { eclClient, JOBS, messageOf, send } from '../support/http.ts';
import { until } from '../support/until.ts';
import {
  AUTH_URL,
  applicationToken,
  newApplicationCredential,
  revokeToken,
  tokenOf,
} from './keystone-rig.ts';
import { cloudWithTenants } from './support/cloud-with-tenants.ts';
import { addImage, showImage } from './support/images.ts';
import { type Tenant, tenant } from './support/tenants.ts';

let deployment: Deployment;
let alice: Tenant;
let carol: Tenant;
beforeAll(async () => {
  ({ deployment, alice, carol } = await cloudWithTenants());
});
afterAll(() => deployment.stop());

const NO_JOB = '33911588-c299-4369-a240-7e5b741cdb6a';
const data = randomBytes(1000);

describe.each([
  ['POST', JOBS],
  ['GET', JOBS],
  ['GET', `${JOBS}/${NO_JOB}`],
  ['DELETE', `${JOBS}/${NO_JOB}`],
])('%s %s', (method, path) => {
  const bad: Record<string, () => Promise<string | undefined>> = {
    'no token': async () => undefined,
    garbage: async () => 'nobody-has-this-one',
    'what looks like a token': async () => `gAAAAA${'B'.repeat(180)}`,
    'a token without a project': () => tokenOf('alice', null),
    'a token that was revoked': async () => {
      const token = await tokenOf('alice', 'tenant-a');
      await revokeToken(token);
      return token;
    },
  };
  test.each(Object.keys(bad))('tells a caller with %s where to get a good token', async (what) => {
    const token = await bad[what]?.();
    const answer = await send(`${deployment.apiUrl}${path}`, {
      method,
      ...(token !== undefined && { token }),
    });
    expect([answer.status, answer.text]).toEqual([401, '401 Unauthorized\n\nAuthentication required.']);
    expect(answer.headers).toMatchObject({
      'www-authenticate': `Keystone uri="${AUTH_URL.replace('/v3', '')}"`,
      'content-type': 'text/plain; charset=UTF-8',
      vary: 'X-Auth-Token',
    });
  });
});

test('a token is accepted until it expires, and no longer', async () => {
  const end = (Math.floor(Date.now() / 1000) + 25) * 1000;
  const expires_at = new Date(end).toISOString().slice(0, -1);
  const credential = await newApplicationCredential(alice.token, { expires_at });
  const jobs = eclClient(deployment, await applicationToken(credential));
  expect((await jobs.list()).status).toBe(200);
  await until(async () => (await jobs.list()).status === 401, 60_000);
  expect(Date.now()).toBeGreaterThanOrEqual(end);
});

test('a reader may look at the jobs of the project, but neither start nor cancel one', async () => {
  const rita = await tenant(deployment, 'rita', 'tenant-a');
  const image = await addImage('ot1', alice, data);
  const body = { image_id: image.id, tenant_id_dst: alice.project };
  const jobId = await alice.jobs.start(body);
  expect(await rita.jobs.job(jobId)).toMatchObject({ job_id: jobId, source_tenant_id: alice.project });
  const listed = () => rita.jobs.jobs().then((jobs) => jobs.map(({ job_id }) => job_id));
  await until(async () => (await listed()).includes(jobId));
  for (const answer of [await rita.jobs.copy(body), await rita.jobs.cancel(jobId)]) {
    expect([answer.status, messageOf(answer)]).toEqual([
      403,
      'your roles allow you to look at jobs, not to start or cancel one',
    ]);
  }
  expect(await alice.jobs.ended(jobId)).toMatchObject({ status: 'replicated', cancel: null });
});

test('an application credential copies within its own project', async () => {
  const jobs = eclClient(deployment, await applicationToken(await newApplicationCredential(alice.token)));
  const image = await addImage('ot1', alice, data);
  const jobId = await jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  expect(await jobs.ended(jobId)).toMatchObject({ status: 'replicated' });
  expect(await showImage('ot2', alice, jobId)).toMatchObject({ status: 'active', owner: alice.project });
});

test('an application credential cannot copy into another project, even if its user can', async () => {
  const other = await tenant(deployment, 'carol', 'tenant-b');
  const token = await applicationToken(await newApplicationCredential(carol.token));
  const image = await addImage('ot1', carol, data);
  const body = { image_id: image.id, tenant_id_dst: other.project };
  const answer = await eclClient(deployment, token).copy(body);
  expect([answer.status, messageOf(answer)]).toEqual([
    404,
    `tenant_id_dst: there is no tenant ${other.project}`,
  ]);
  expect((await carol.jobs.copy(body)).status).toBe(202);
});
