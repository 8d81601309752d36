import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type EclClient, eclClient, JOBS, messageOf, send } from '../support/http.ts';
import { untilWritten } from '../support/jobs.ts';

let deployment: Deployment;
let tenant: EclClient;
let large: string;
let small: string;
beforeAll(async () => {
  deployment = await deploy();
  await Promise.all([deployment.startSlowWorker(500), deployment.startApi()]);
  tenant = eclClient(deployment);
  large = (await deployment.addImage('ot1', 128 * MIB, { owner: 'tenant-a' })).id;
  small = (await deployment.addImage('ot1', 10, { owner: 'tenant-a' })).id;
});
afterAll(() => deployment.stop());

const runningCopy = async (tenant_id_dst = 'tenant-a') => {
  const jobId = await tenant.start({ image_id: large, tenant_id_dst });
  await untilWritten(deployment, jobId, MIB);
  return jobId;
};
const tracesOf = async (jobId: string) =>
  (await deployment.files('ot2')).filter((name) => name.includes(jobId));
const closeStatus = async (jobId: string) =>
  (await deployment.client.workflow.getHandle(jobId).describe()).status.name;

test('a running copy is cancelled: the answer is 204, the status becomes canceled, and nothing of it is left', async () => {
  const jobId = await runningCopy();
  const answer = await tenant.cancel(jobId);
  expect([answer.status, answer.text]).toEqual([204, '']);
  expect(answer.headers['x-openstack-request-id']).toMatch(/^req-/);
  const { status } = await tenant.job(jobId);
  expect(['cancel_requested', 'canceling', 'canceled']).toContain(status);
  expect(await tenant.ended(jobId)).toMatchObject({
    status: 'canceled',
    destination_image_id: null,
    fault: null,
    cancel: { via: 'update', requested_by: 'tenant tenant-a' },
  });
  expect(await tracesOf(jobId)).toEqual([]);
  await expect.poll(() => closeStatus(jobId)).toBe('CANCELLED');
});

test('a job that an operator has cancelled by force shows that, and the reason', async () => {
  const jobId = await runningCopy();
  const { code } = await deployment.command('cancel', jobId, '--force', '--reason', 'the region is down');
  expect(code).toBe(0);
  expect(await tenant.ended(jobId)).toMatchObject({
    status: 'canceled',
    cancel: { reason: 'the region is down', force: true },
  });
  const { stdout } = await deployment.command('show', jobId);
  expect(stdout).toMatch(/^cancelled by .+, by force: the region is down$/m);
});

test('a second DELETE is a conflict, both during the first one and after it', async () => {
  const jobId = await runningCopy();
  expect((await tenant.cancel(jobId)).status).toBe(204);
  const soon = await tenant.cancel(jobId);
  expect(soon.status).toBe(409);
  expect(JSON.parse(soon.text)).toMatchObject({ code: 409, title: 'Conflict' });
  await tenant.ended(jobId);
  const late = await tenant.cancel(jobId);
  expect(late.status).toBe(409);
  expect(messageOf(late)).toContain('canceled');
});

test('one of two DELETEs at the same time is accepted', async () => {
  const jobId = await runningCopy();
  const answers = await Promise.all([tenant.cancel(jobId), tenant.cancel(jobId)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
  expect((await tenant.ended(jobId)).status).toBe('canceled');
});

test('a DELETE of a finished copy is a conflict, and the copy stays', async () => {
  const jobId = await tenant.start({ image_id: small, tenant_id_dst: 'tenant-a' });
  await tenant.ended(jobId);
  const answer = await tenant.cancel(jobId);
  expect(answer.status).toBe(409);
  expect(messageOf(answer)).toContain('replicated');
  expect(await tracesOf(jobId)).toEqual([jobId]);
  expect(await tenant.job(jobId)).toMatchObject({ status: 'replicated', cancel: null });
});

test('the destination tenant may cancel a job, and the job shows that this tenant has done so', async () => {
  const jobId = await runningCopy('tenant-b');
  const other = eclClient(deployment, deployment.tokens.b);
  expect((await other.cancel(jobId)).status).toBe(204);
  expect(await tenant.ended(jobId)).toMatchObject({
    status: 'canceled',
    cancel: { requested_by: 'tenant tenant-b' },
  });
});

test.each<[string, Record<string, string>, string | undefined]>([
  ['the content type of JSON and no body', { 'content-type': 'application/json' }, undefined],
  ['the content type of JSON and an empty body', { 'content-type': 'application/json' }, ''],
  ['a body', {}, '{"reason": "no longer needed"}'],
])('a DELETE with %s works', async (_name, headers, body) => {
  const jobId = await runningCopy();
  const answer = await send(`${deployment.apiUrl}${JOBS}/${jobId}`, {
    method: 'DELETE',
    token: deployment.tokens.a,
    headers,
    ...(body !== undefined && { body }),
  });
  expect(answer.status).toBe(204);
  expect((await tenant.ended(jobId)).status).toBe('canceled');
});
