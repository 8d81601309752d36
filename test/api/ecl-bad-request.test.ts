import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type Answer, type EclClient, eclClient, JOBS, messageOf, send } from '../support/http.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let api: TestProcess;
let tenant: EclClient;
let image: ImageRecord;
beforeAll(async () => {
  deployment = await deploy();
  api = await deployment.startApi();
  tenant = eclClient(deployment);
  image = await deployment.addImage('ot1', 10, { owner: 'tenant-a' });
});
afterAll(() => deployment.stop());

const expectError = (answer: Answer, status: number, title: string) => {
  expect(JSON.parse(answer.text)).toMatchObject({ code: status, title });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
};

test.each<[string, string, unknown]>([
  ['that is not JSON', 'body', '{"image_id": "x", '],
  ['that is a form', 'body', 'image_id=x&tenant_id_dst=tenant-a'],
  ['that is empty', 'body', ''],
  ['that is blank', 'body', '  \r\n '],
  ['that is null', 'body', null],
  ['that is a list', 'body', [{ image_id: 'x', tenant_id_dst: 'tenant-a' }]],
  ['that is a string', 'body', '"x"'],
  ['that sets a prototype', 'body', '{"__proto__": {"image_id": "x"}, "tenant_id_dst": "tenant-a"}'],
  ['without an image', 'image_id', { tenant_id_dst: 'tenant-a' }],
  ['without a tenant', 'tenant_id_dst', { image_id: 'x' }],
  ['whose image is a number', 'image_id', { image_id: 7, tenant_id_dst: 'tenant-a' }],
  ['whose image is null', 'image_id', { image_id: null, tenant_id_dst: 'tenant-a' }],
  ['whose image is empty', 'image_id', { image_id: '', tenant_id_dst: 'tenant-a' }],
  ['whose image is too long', 'image_id', { image_id: 'x'.repeat(256), tenant_id_dst: 'tenant-a' }],
  ['whose tenant is a list', 'tenant_id_dst', { image_id: 'x', tenant_id_dst: ['tenant-a'] }],
  ['whose tenant is empty', 'tenant_id_dst', { image_id: 'x', tenant_id_dst: '' }],
])('a body %s is refused, and the message names %s', async (_name, field, body) => {
  const answer = await tenant.copy(body);
  expectError(answer, 400, 'Bad Request');
  expect(messageOf(answer)).toMatch(new RegExp(`^${field}\\b`));
});

test.each<[string, string, object]>([
  ['an unknown field', 'region_dst', { region_dst: 'ot2' }],
  ['a field spelt with a space', 'region_id dst', { 'region_id dst': 'ot2' }],
  ['an unknown source region', 'region_id_src', { region_id_src: 'mars' }],
  ['an unknown destination region', 'region_id_dst', { region_id_dst: 'mars' }],
  ["a property's name for a region", 'region_id_dst', { region_id_dst: 'constructor' }],
  ['the same region twice', 'region_id_dst', { region_id_src: 'ot1', region_id_dst: 'ot1' }],
  ['a destination region that is an object', 'region_id_dst', { region_id_dst: {} }],
  ['a name that is a number', 'image_name_dst', { image_name_dst: 1 }],
  ['a name of 256 characters', 'image_name_dst', { image_name_dst: 'x'.repeat(256) }],
])('%s is refused, and the message names %s', async (_name, field, more) => {
  const answer = await tenant.copy({ image_id: image.id, tenant_id_dst: 'tenant-a', ...more });
  expectError(answer, 400, 'Bad Request');
  expect(messageOf(answer)).toMatch(new RegExp(`^${field}: `));
});

test('the error for an unknown region lists the regions', async () => {
  const body = { image_id: image.id, tenant_id_dst: 'tenant-a', region_id_dst: 'mars' };
  expect(messageOf(await tenant.copy(body))).toContain('ot1, ot2');
});

test.each([
  ['empty', ''],
  ['256 characters long', 'k'.repeat(256)],
])('an idempotency key that is %s is refused, and the message names it', async (_name, key) => {
  const body = { image_id: image.id, tenant_id_dst: 'tenant-a' };
  const answer = await tenant.copy(body, { 'idempotency-key': key });
  expectError(answer, 400, 'Bad Request');
  expect(messageOf(answer).toLowerCase()).toMatch(/^idempotency-key: /);
});

test.each(['queued', 'deactivated'])('an image that is %s is a conflict', async (status) => {
  const inactive = await deployment.addImage('ot1', 10, { owner: 'tenant-a' });
  const file = join(deployment.folder, 'ot1', inactive.id, 'image.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), status }));
  const answer = await tenant.copy({ image_id: inactive.id, tenant_id_dst: 'tenant-a' });
  expectError(answer, 409, 'Conflict');
  expect(messageOf(answer)).toContain(status);
});

test('an image whose record cannot be read is a conflict', async () => {
  const broken = await deployment.addImage('ot1', 10);
  await writeFile(join(deployment.folder, 'ot1', broken.id, 'image.json'), '{"id": ');
  expectError(await tenant.copy({ image_id: broken.id, tenant_id_dst: 'tenant-a' }), 409, 'Conflict');
});

test('a body larger than the limit is refused', async () => {
  const body = { image_id: image.id, tenant_id_dst: 'tenant-a', image_name_dst: 'x'.repeat(20_000) };
  expectError(await tenant.copy(body), 413, 'Payload Too Large');
});

test('the body of a request for the list is ignored', async () => {
  const call = { token: deployment.tokens.a, body: { image_id: 1 } };
  expect((await send(`${deployment.apiUrl}${JOBS}`, { ...call, method: 'GET' })).status).toBe(200);
});

test('a request that was refused has started nothing and written nothing', async () => {
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  const { client } = deployment;
  const found: string[] = [];
  await until(async () => {
    found.length = 0;
    for await (const { workflowId } of client.workflow.list()) found.push(workflowId);
    return found.includes(jobId);
  });
  expect(found).toEqual([jobId]);
  expect(await deployment.files('ot2')).toEqual([]);
  expect(api.output()).not.toContain('request failed');
});
