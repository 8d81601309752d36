import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Deployment, deploy } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { until } from '../support/until.ts';

/** Tenants whose ids are similar to those of others, or would change a query that does not escape them. */
const TENANTS = [
  "tenant-a' OR 'x'='x",
  "x\\' OR WorkflowType = \\'copyImage",
  'nobody" OR "tenant-a',
  'tenant-a\\',
  'back\\slash',
  '"tenant-a"',
  'TENANT-A',
  'tenant',
  'tenant-a%',
  'tenant-a*',
  'tenant-a\n',
  ' tenant-a',
  'テナント',
];
const tokenOf = (tenant: string) => `token ${TENANTS.indexOf(tenant)}`;

let deployment: Deployment;
let imageId: string;
let victims: string;
beforeAll(async () => {
  deployment = await deploy();
  const entry = (token: string, tenant_id: string) => ({
    sha256: createHash('sha256').update(token).digest('hex'),
    tenant_id,
  });
  const tokens = [
    entry(deployment.tokens.a, 'tenant-a'),
    ...TENANTS.map((tenant) => entry(tokenOf(tenant), tenant)),
  ];
  await writeFile(join(deployment.folder, 'tokens.yaml'), stringify({ tokens }));
  await deployment.startApi();
  imageId = (await deployment.addImage('ot1', 10)).id;
  const victim = eclClient(deployment);
  victims = await victim.start({ image_id: imageId, tenant_id_dst: 'tenant-a' });
  await until(async () => (await victim.jobs()).length > 0);
});
afterAll(() => deployment.stop());

test.each(TENANTS)('the tenant %j finds its own jobs and no others', async (tenant) => {
  const client = eclClient(deployment, tokenOf(tenant));
  expect((await client.show(victims)).status).toBe(404);
  expect((await client.cancel(victims)).status).toBe(404);
  expect(await client.jobs()).toEqual([]);
  const jobId = await client.start({ image_id: imageId, tenant_id_dst: tenant });
  const listed = await until(async () => {
    const jobs = await client.jobs();
    return jobs.length > 0 && jobs;
  }, 10_000);
  expect(listed.map(({ job_id, source_tenant_id }) => [job_id, source_tenant_id])).toEqual([[jobId, tenant]]);
  expect((await eclClient(deployment).jobs()).map(({ job_id }) => job_id)).toEqual([victims]);
});
