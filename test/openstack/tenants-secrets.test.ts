import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Deployment, MIB } from '../support/deployment.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { keystone, newUser, tokenOf } from './keystone-rig.ts';
import { deployOnCloud } from './support/glance-deployment.ts';
import { addImage } from './support/images.ts';
import { type RecordingKeystone, recordingKeystone } from './support/recording-keystone.ts';
import { type Tenant, tenant } from './support/tenants.ts';
import { tracesOf } from './support/traces.ts';

const PASSWORD = `password-${randomBytes(8).toString('hex')}`;
let recording: RecordingKeystone;
let folder: string;
let deployment: Deployment;
let processes: TestProcess[];
let carol: Tenant;
let other: string;

beforeAll(async () => {
  recording = await recordingKeystone();
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-secrets-'));
  await writeFile(join(folder, 'clouds.yaml'), stringify({ clouds: { copier: await newCopier() } }));
  deployment = await deployOnCloud({ cloud: { authUrl: recording.authUrl, folder } });
  processes = await Promise.all([deployment.startWorker(), deployment.startApi()]);
  carol = await tenant(deployment, 'carol', 'tenant-a');
  other = (await tenant(deployment, 'carol', 'tenant-b')).project;
});
afterAll(async () => {
  await deployment.stop();
  await recording.close();
  await rm(folder, { recursive: true });
});

/** Makes an account with a password that occurs nowhere else. */
async function newCopier() {
  const { id, name } = await newUser({ 'tenant-a': 'member', 'tenant-b': 'member', service: 'service' });
  await keystone('PATCH', `/users/${id}`, await tokenOf('admin', 'admin'), { user: { password: PASSWORD } });
  const domains = { user_domain_id: 'default', project_domain_id: 'default' };
  return {
    auth: {
      auth_url: recording.authUrl,
      username: name,
      password: PASSWORD,
      project_name: 'service',
      ...domains,
    },
  };
}

/**
 * Expects that the traces of a job in Temporal, in logs and in answers contain the ids of the job and the
 * image. Expects also that they contain nothing with which anybody could sign in.
 */
async function expectNoSecret(jobId: string, imageId: string, ...more: string[]): Promise<void> {
  const answers = [await carol.jobs.show(jobId), await carol.jobs.list(), await carol.jobs.cancel(jobId)];
  const traces = await tracesOf(deployment.client, jobId);
  const logs = processes.map((one) => one.output()).join('\n');
  expect(traces).toContain(imageId);
  expect(logs).toContain(jobId);
  const everything = [traces, logs, ...more, ...answers.map((one) => JSON.stringify(one))].join('\n');
  expect(recording.issued.size).toBeGreaterThan(2);
  for (const secret of [carol.token, PASSWORD, ...recording.issued]) {
    expect(everything.includes(secret)).toBe(false);
    expect(everything.includes(Buffer.from(secret).toString('base64').slice(0, -4))).toBe(false);
  }
  expect(everything).not.toMatch(/gAAAAA/);
}

test('a copy into another project leaves no token and no password behind', async () => {
  const image = await addImage('ot1', carol, randomBytes(MIB));
  const before = recording.issued.size;
  const jobId = await carol.jobs.start({ image_id: image.id, tenant_id_dst: other });
  expect(await carol.jobs.ended(jobId)).toMatchObject({ status: 'replicated' });
  // These are carol's token for the other project, and the copier's tokens for both projects.
  expect(recording.issued.size).toBeGreaterThanOrEqual(before + 3);
  await expectNoSecret(jobId, image.id);
});

test('a copy that fails leaves no token and no password behind', async () => {
  const image = await addImage('ot1', carol, randomBytes(MIB));
  // Glance does not accept this name.
  const body = { image_id: image.id, tenant_id_dst: carol.project, image_name_dst: '🚀' };
  const jobId = await carol.jobs.start(body);
  expect(await carol.jobs.ended(jobId)).toMatchObject({ status: 'error' });
  await expectNoSecret(jobId, image.id);
});

test('a copy that is cancelled in the middle leaves no token and no password behind', async () => {
  const image = await addImage('ot1', carol, Buffer.alloc(512 * MIB));
  const jobId = await carol.jobs.start({ image_id: image.id, tenant_id_dst: carol.project });
  await until(async () => (await carol.jobs.job(jobId)).status === 'replicating');
  const running = await tracesOf(deployment.client, jobId);
  expect((await carol.jobs.cancel(jobId)).status).toBe(204);
  expect(await carol.jobs.ended(jobId)).toMatchObject({ status: 'canceled' });
  await expectNoSecret(jobId, image.id, running);
});
