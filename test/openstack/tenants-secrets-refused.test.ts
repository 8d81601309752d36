import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Deployment } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { AUTH_URL } from './keystone-rig.ts';
import { deployOnCloud } from './support/glance-deployment.ts';
import { addImage } from './support/images.ts';
import { tenant } from './support/tenants.ts';
import { tracesOf } from './support/traces.ts';

/** A password that Keystone does not know. */
const PASSWORD = `password-${randomBytes(8).toString('hex')}`;
let folder: string;
let deployment: Deployment;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-secrets-'));
  const domains = { user_domain_id: 'default', project_domain_id: 'default' };
  const account = { username: 'copier', password: PASSWORD, project_name: 'service', ...domains };
  const clouds = { copier: { auth: { auth_url: AUTH_URL, ...account } } };
  await writeFile(join(folder, 'clouds.yaml'), stringify({ clouds }));
  deployment = await deployOnCloud({ cloud: { authUrl: AUTH_URL, folder } });
});
afterEach(async () => {
  await deployment.stop();
  await rm(folder, { recursive: true });
});

test('if Keystone refuses the copier, the job shows that as its fault, without the password', async () => {
  const processes = await Promise.all([deployment.startWorker(), deployment.startApi()]);
  const alice = await tenant(deployment, 'alice', 'tenant-a');
  const image = await addImage('ot1', alice, randomBytes(1000));
  const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  const told = await until(async () => {
    const job = await alice.jobs.job(jobId);
    return job.last_fault ?? job.fault;
  });
  expect(told).toMatchObject({ side: 'source', message: expect.stringContaining('Keystone') });
  const answers = JSON.stringify([await alice.jobs.show(jobId), await alice.jobs.list()]);
  const waiting = await tracesOf(deployment.client, jobId);
  expect((await alice.jobs.cancel(jobId)).status).toBe(204);
  expect(await alice.jobs.ended(jobId)).toMatchObject({ status: 'canceled' });
  const logs = processes.map((one) => one.output()).join('\n');
  const everything = [waiting, await tracesOf(deployment.client, jobId), answers, logs].join('\n');
  expect(everything).toContain(image.id);
  expect(everything.includes(PASSWORD)).toBe(false);
  expect(everything.includes(alice.token)).toBe(false);
  expect(everything).not.toMatch(/gAAAAA/);
});
