import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let a: EclClient;
let b: EclClient;
let imageId: string;
beforeAll(async () => {
  deployment = await deploy({ regions: ['ot1', 'ot2', 'ot3'] });
  await deployment.startApi();
  a = eclClient(deployment);
  b = eclClient(deployment, deployment.tokens.b);
  imageId = (await deployment.addImage('ot1', 10)).id;
});
afterAll(() => deployment.stop());

const body = (more: object = {}) => ({
  image_id: imageId,
  tenant_id_dst: 'tenant-b',
  region_id_dst: 'ot2',
  ...more,
});
const key = (name: string) => ({ 'idempotency-key': name });

test('a request that is repeated with its key gets the same job', async () => {
  const first = await a.start(body(), key('once'));
  expect(await a.start(body(), key('once'))).toBe(first);
  const { tenant_id_dst, ...rest } = body();
  expect(await a.start({ ...rest, tenant_id_dst }, key('once'))).toBe(first);
});

test('ten requests with a key at the same time get the same job, and start one workflow', async () => {
  const { client } = deployment;
  const ids = await Promise.all(Array.from({ length: 10 }, () => a.start(body(), key('crowd'))));
  const [jobId = '', ...others] = new Set(ids);
  expect(others).toEqual([]);
  const executions: string[] = [];
  await until(async () => {
    executions.length = 0;
    const query = `WorkflowId = '${jobId}'`;
    for await (const { runId } of client.workflow.list({ query })) executions.push(runId);
    return executions.length > 0;
  });
  expect(executions).toHaveLength(1);
});

test.each([
  ['image', { image_id: 'another' }],
  ['tenant', { tenant_id_dst: 'tenant-a' }],
  ['name', { image_name_dst: 'another' }],
])('the same key with another %s is refused', async (what, more) => {
  const jobId = await a.start(body(), key(`another ${what}`));
  const answer = await a.copy(body(more), key(`another ${what}`));
  expect(answer.status).toBe(422);
  expect(JSON.parse(answer.text)).toMatchObject({ code: 422, message: expect.stringContaining('key') });
  expect(await a.job(jobId)).toMatchObject({ source_image_id: imageId, destination_image_name: null });
});

test('the same key of another tenant, or for another region, makes another job', async () => {
  const ids = [
    await a.start(body(), key('shared')),
    await b.start(body(), key('shared')),
    await a.start(body({ region_id_dst: 'ot3' }), key('shared')),
  ];
  expect(new Set(ids).size).toBe(3);
});

test('a request that was refused does not use up its key', async () => {
  expect((await a.copy(body({ image_id: 'missing' }), key('again'))).status).toBe(404);
  expect((await a.copy(body(), key('again'))).status).toBe(202);
});

test('a repeat is answered even if the source cannot be reached any more', async () => {
  const first = await a.start(body(), key('late'));
  const folder = join(deployment.folder, 'ot1');
  await rename(folder, `${folder}.away`);
  try {
    expect(await a.start(body(), key('late'))).toBe(first);
  } finally {
    await rename(`${folder}.away`, folder);
  }
});

test('a repeat is answered with the job even after the job has ended', async () => {
  const jobId = await a.start(body(), key('ended'));
  await deployment.startWorker();
  await a.ended(jobId);
  expect(await a.start(body(), key('ended'))).toBe(jobId);
  expect((await a.copy(body({ image_name_dst: 'x' }), key('ended'))).status).toBe(422);
});
