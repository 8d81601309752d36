import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type Answer, type EclClient, eclClient, JOBS, messageOf, send } from '../support/http.ts';

let deployment: Deployment;
let a: EclClient;
let b: EclClient;
beforeAll(async () => {
  deployment = await deploy();
  await deployment.startApi();
  a = eclClient(deployment);
  b = eclClient(deployment, deployment.tokens.b);
});
afterAll(() => deployment.stop());

const raw = (method: string, path: string): Promise<Answer> =>
  send(`${deployment.apiUrl}${path}`, { method, token: deployment.tokens.a });

const expectNotFound = (answer: Answer) => {
  expect(answer.status).toBe(404);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
  expect(JSON.parse(answer.text)).toMatchObject({ code: 404, title: 'Not Found' });
};

describe.each(['GET', 'DELETE'])('%s of a job', (method) => {
  test.each([
    ['empty', ''],
    ['a UUID', '33911588-c299-4369-a240-7e5b741cdb6a'],
    ['32 hex digits', '33911588c2994369a2407e5b741cdb6a'],
    ['a word', 'my-copy'],
    ['dots', '..%2f..%2fetc'],
    ['a space', '%20'],
    ['a NUL', '%00'],
    ['a NUL in the middle', 'job%00id'],
    ['a line break', 'job%0d%0aid'],
    ['letters of many scripts', encodeURIComponent('ジョブ-ёж-🚀')],
    ['a quote and a backslash', encodeURIComponent("' OR 1=1 --\\")],
    ['500 characters', 'x'.repeat(500)],
    ['500 characters of three bytes', encodeURIComponent('像'.repeat(500))],
    ['1,000 characters', 'x'.repeat(1000)],
    ['1,001 characters', 'x'.repeat(1001)],
    ['5,000 characters', 'x'.repeat(5000)],
    ['an invalid escape', '%zz'],
    ['half an escape', '%f'],
    ['bytes that are not UTF-8', '%ff%fe'],
    ["a property's name", '__proto__'],
  ])('whose id is %s is not found', async (_name, id) => {
    expectNotFound(await raw(method, `${JOBS}/${id}`));
  });

  test('that is a workflow of another type is not found, and nothing is done to it', async () => {
    const workflowId = `other-${method}`;
    const memo = { job: { source_tenant_id: 'tenant-a', status: 'replicating' } };
    const handle = await deployment.client.workflow.start('somethingElse', {
      workflowId,
      taskQueue: 'image-copy',
      memo,
    });
    expectNotFound(await raw(method, `${JOBS}/${workflowId}`));
    const { status, historyLength, raw: info } = await handle.describe();
    expect(status.name).toBe('RUNNING');
    expect(historyLength).toBe(2);
    expect(info.workflowExtendedInfo?.cancelRequested).toBe(false);
    await handle.terminate();
  });

  test("that is another tenant's is not found, and nothing is done to it", async () => {
    const image = await deployment.addImage('ot1', 10, { owner: 'tenant-a' });
    const jobId = await a.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
    expectNotFound(await (method === 'GET' ? b.show(jobId) : b.cancel(jobId)));
    const { historyLength, raw: info } = await deployment.client.workflow.getHandle(jobId).describe();
    expect(historyLength).toBe(2);
    expect(info.workflowExtendedInfo?.cancelRequested).toBe(false);
    expect(await a.job(jobId)).toMatchObject({ status: 'replicate_requested', cancel: null });
  });

  test('that was started by hand, and by no tenant, is not found', async () => {
    const workflowId = `by-hand-${method}`;
    const input = { source: { region: 'ot1', image_id: 'x' }, destination: { region: 'ot2' } };
    const handle = await deployment.client.workflow.start('copyImage', {
      workflowId,
      taskQueue: 'image-copy',
      args: [input],
    });
    expectNotFound(await raw(method, `${JOBS}/${workflowId}`));
    expect((await handle.describe()).historyLength).toBe(2);
  });
});

test.each([
  ['GET', '/'],
  ['GET', '/v2/extension/image_replicator'],
  ['GET', '/v2/images'],
  ['GET', `${JOBS}/x/y`],
  ['GET', '/../../etc/passwd'],
])('%s %s does not exist', async (method, path) => {
  expectNotFound(await raw(method, path));
});

test.each([
  ['PUT', JOBS, 'GET, HEAD, POST'],
  ['PATCH', `${JOBS}/x`, 'DELETE, GET, HEAD'],
  ['POST', `${JOBS}/x`, 'DELETE, GET, HEAD'],
  ['DELETE', JOBS, 'GET, HEAD, POST'],
  ['OPTIONS', JOBS, 'GET, HEAD, POST'],
  ['QUERY', JOBS, 'GET, HEAD, POST'],
])('%s %s is refused as a method that the path does not have', async (method, path, allowed) => {
  const answer = await raw(method, path);
  expect([answer.status, answer.headers.allow]).toEqual([405, allowed]);
  expect(JSON.parse(answer.text)).toMatchObject({ code: 405, title: 'Method Not Allowed' });
});

test("a missing image and another tenant's private image get the same 404", async () => {
  const foreign = await deployment.addImage('ot1', 10, { owner: 'tenant-b' });
  for (const image_id of [foreign.id, 'aaaaaaaa-c299-4369-a240-7e5b741cdb6a']) {
    const answer = await a.copy({ image_id, tenant_id_dst: 'tenant-a' });
    expectNotFound(answer);
    expect(messageOf(answer).replaceAll(image_id, '…')).toBe(
      'there is no image …, or it is not yours to see',
    );
  }
});

test.each(['../ot1', '..', '.', '/etc/passwd', 'a\u0000b', '像', '.x.partial', "'", 'x'.repeat(255)])(
  'an image whose id is %j is not found',
  async (image_id) => {
    expectNotFound(await a.copy({ image_id, tenant_id_dst: 'tenant-a' }));
  },
);

test('an image whose data is missing is not found', async () => {
  const image = await deployment.addImage('ot1', 10);
  await rm(join(deployment.folder, 'ot1', image.id, 'data'));
  expectNotFound(await a.copy({ image_id: image.id, tenant_id_dst: 'tenant-a' }));
});

test('a tenant that the requester may not copy into is not found, and the message names it', async () => {
  const image = await deployment.addImage('ot1', 10);
  const answer = await b.copy({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  expectNotFound(answer);
  expect(messageOf(answer)).toBe('tenant_id_dst: there is no tenant tenant-a');
});

test('a region whose folder is missing is unavailable, and its images are not called missing', async () => {
  const image = await deployment.addImage('ot1', 10);
  const folder = join(deployment.folder, 'ot1');
  await rename(folder, `${folder}.away`);
  const answer = await a.copy({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  await rename(`${folder}.away`, folder);
  expect(answer.status).toBe(503);
  expect(messageOf(answer)).toContain('ot1');
  expect(answer.text).not.toContain(deployment.folder);
});
