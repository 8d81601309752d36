import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataOf } from '../stores/store-under-test.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { type Sdk, startSdk } from './sdk.ts';

let deployment: Deployment;
let sdk: Sdk;
let stranger: Sdk;
beforeAll(async () => {
  deployment = await deploy();
  await Promise.all([deployment.startApi(), deployment.startSlowWorker(500)]);
  const as = (token: string) => startSdk('ecl_image.py', { endpoint: deployment.apiUrl, token });
  sdk = as(deployment.tokens.a);
  stranger = as('nobody');
});
afterAll(async () => {
  await Promise.all([sdk?.stop(), stranger?.stop()]);
  await deployment?.stop();
});

const copyOf = (image_id: string): Promise<string> => sdk.ok('copy', { image_id, tenant_id_dst: 'tenant-b' });

test('eclsdk copies an image, shows the job, and lists it', async () => {
  const image = await deployment.addImage('ot1', 5 * MIB + 1);
  const job_id = await copyOf(image.id);
  const job = await until(async () => {
    const shown = await sdk.ok('show', { job_id });
    return shown.copy_progress === 100 && shown;
  });
  expect(job).toEqual({
    job_id,
    status: 'replicated',
    copy_progress: 100,
    source_image_id: image.id,
    source_region_id: 'ot1',
    source_tenant_id: 'tenant-a',
    destination_image_id: job_id,
    destination_region_id: 'ot2',
    destination_tenant_id: 'tenant-b',
  });
  const [from, to] = ['ot1', 'ot2'].map((name) => deployment.regions.get(name)?.store);
  if (from === undefined || to === undefined) throw new Error('a region is missing');
  expect((await dataOf(to, job_id)).equals(await dataOf(from, image.id))).toBe(true);
  await until(async () => {
    const jobs: (typeof job)[] = await sdk.ok('list');
    return jobs.some((listed) => listed.job_id === job_id && listed.status === 'replicated');
  });
});

test('eclsdk cancels a running copy; a second cancel is a 409', async () => {
  const image = await deployment.addImage('ot1', 128 * MIB);
  const job_id = await copyOf(image.id);
  await untilWritten(deployment, job_id, 4 * MIB);
  expect(await sdk.ok('show', { job_id })).toMatchObject({ status: 'replicating' });
  await sdk.ok('cancel', { job_id });
  await until(async () => (await sdk.ok('show', { job_id })).status === 'canceled');
  expect((await sdk.call('cancel', { job_id })).error).toMatchObject({
    type: 'HttpException',
    http_status: 409,
    message: expect.stringContaining('canceled'),
  });
  expect((await deployment.files('ot2')).filter((name) => name.includes(job_id))).toEqual([]);
});

test.each(['show', 'cancel'])('eclsdk: %s of an unknown job is NotFoundException', async (name) => {
  const { error } = await sdk.call(name, { job_id: randomUUID() });
  expect(error).toMatchObject({ type: 'NotFoundException', http_status: 404 });
});

test('eclsdk: a missing image or tenant is NotFoundException, and the message names it', async () => {
  const image = await deployment.addImage('ot1', 10);
  const image_id = randomUUID();
  const noImage = await sdk.call('copy', { image_id, tenant_id_dst: 'tenant-b' });
  expect(noImage.error).toMatchObject({ type: 'NotFoundException', http_status: 404 });
  expect(noImage.error?.message).toContain(image_id);
  const noTenant = await sdk.call('copy', { image_id: image.id, tenant_id_dst: 'nobody' });
  expect(noTenant.error).toMatchObject({ type: 'NotFoundException', http_status: 404 });
  expect(noTenant.error?.message).toContain('nobody');
});

test('eclsdk: an empty request is a 400, and the message names the field', async () => {
  const { error } = await sdk.call('copy', { image_id: '', tenant_id_dst: 'tenant-b' });
  expect(error).toMatchObject({ type: 'HttpException', http_status: 400 });
  expect(error?.message).toMatch(/^image_id: /);
});

test('eclsdk: without a good token every call is a 401, with the words of the document', async () => {
  const calls = [
    ['copy', { image_id: 'a', tenant_id_dst: 'b' }],
    ['list', {}],
    ['show', { job_id: 'a' }],
    ['cancel', { job_id: 'a' }],
  ] as const;
  for (const [name, args] of calls) {
    const { error } = await stranger.call(name, args);
    expect(error).toMatchObject({ type: 'HttpException', http_status: 401 });
    expect(error?.details).toContain('Authentication required.');
  }
});
