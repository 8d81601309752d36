import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COPY_IMAGE, TASK_QUEUE } from '../../src/copy-job/index.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { untilWritten } from '../support/jobs.ts';
import { type BccClient, bccClient, expectError } from './bcc-rig.ts';

let deployment: Deployment;
let tenant: BccClient;
let large: string;
let small: string;
beforeAll(async () => {
  deployment = await deploy({
    regions: ['ot1', 'ot2', 'ot3'],
    api: { source_region_by_host: { 'bcc.ot3.example.com': 'ot3' } },
  });
  await Promise.all([deployment.startSlowWorker(500), deployment.startApi()]);
  tenant = bccClient(deployment);
  large = (await deployment.addImage('ot1', 128 * MIB, { owner: 'tenant-a', name: 'ubuntu' })).id;
  small = (await deployment.addImage('ot1', 10, { owner: 'tenant-a', name: 'tiny' })).id;
});
afterAll(() => deployment.stop());

const runningCopy = async () => {
  const [row] = await tenant.copy(large, { destRegion: ['ot2'] });
  await untilWritten(deployment, row.imageId, MIB);
  return row.imageId as string;
};
const NOT_COPYING = 'Image status is not dest_copying.';
const NO_OBJECT = 'The specified object is not found or resource do not exist.';

test('a copy to two regions makes an image in each', async () => {
  const rows = await tenant.copy(small, { name: 'mine', destRegion: ['ot2', 'ot3'] });
  expect(rows).toEqual([
    { region: 'ot2', imageId: expect.any(String), errMsg: '', code: '' },
    { region: 'ot3', imageId: expect.any(String), errMsg: '', code: '' },
  ]);
  for (const { imageId } of rows) await tenant.untilStatus(imageId, 'Available');
  const { body } = await tenant.show(rows[1].imageId);
  expect(body.image).toEqual({
    id: rows[1].imageId,
    name: 'mine',
    type: 'Custom',
    status: 'Available',
    desc: '',
    createTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  expect(await deployment.files('ot3')).toContain(rows[1].imageId);
});

test('a running copy is `dest_copying`; a cancel gets a 200 without a body, and then the image is removed', async () => {
  const imageId = await runningCopy();
  expect((await tenant.show(imageId)).body.image).toMatchObject({ status: 'dest_copying', name: 'ubuntu' });
  const answer = await tenant.cancel(imageId);
  expect([answer.status, answer.text]).toEqual([200, '']);
  expect(answer.headers['content-type']).toBe('application/json;charset=UTF-8');
  expect(answer.headers['x-bce-request-id']).toMatch(/^req-/);
  await tenant.untilStatus(imageId, null);
  expect((await deployment.files('ot2')).filter((name) => name.includes(imageId))).toEqual([]);
  const again = await tenant.cancel(imageId);
  expectError(again, 404, 'NoSuchObject');
  expect(again.body.message).toBe(NO_OBJECT);
});

test('while a region is away, a cancelled copy gets a 404, and an image id of which no job knows gets a 503', async () => {
  const imageId = await runningCopy();
  await tenant.cancel(imageId);
  await tenant.untilStatus(imageId, null);
  const folder = join(deployment.folder, 'ot3');
  await rename(folder, `${folder}.away`);
  try {
    expectError(await tenant.cancel(imageId), 404, 'NoSuchObject');
    expectError(await tenant.cancel('nobody-has-this-one'), 503, 'ServiceUnavailable');
  } finally {
    await rename(`${folder}.away`, folder);
  }
});

test.each<[string, Record<string, string>, string | undefined]>([
  ['the content type of JSON and no body', { 'content-type': 'application/json' }, undefined],
  ['the content type of JSON and an empty body', { 'content-type': 'application/json' }, ''],
  ['a body, although the API defines none,', {}, '{"reason": "none"}'],
])('a cancel with %s works', async (_name, headers, body) => {
  const imageId = await runningCopy();
  const options = { headers, ...(body !== undefined && { body }) };
  expect((await tenant.call('POST', `${imageId}?cancelRemoteCopy=`, options)).status).toBe(200);
  await tenant.untilStatus(imageId, null);
});

test('a finished image cannot be cancelled, whether a job has made it or not', async () => {
  const [{ imageId }] = await tenant.copy(small, { destRegion: ['ot2'] });
  await tenant.untilStatus(imageId, 'Available');
  for (const id of [imageId, small, (await deployment.addImage('ot2', 10)).id]) {
    const answer = await tenant.cancel(id);
    expectError(answer, 409, 'Image.ImageStatusForbidden');
    expect(answer.body.message).toBe(NOT_COPYING);
  }
  expect(await deployment.files('ot2')).toContain(imageId);
});

test('a failed copy is `CreateFailed`, has the reason, and cannot be cancelled', async () => {
  const image = await deployment.addImage('ot1', 1000, { owner: 'tenant-a' });
  // After this, the data no longer has the digest in the image's record.
  await writeFile(join(deployment.folder, 'ot1', image.id, 'data'), Buffer.alloc(1000));
  const [{ imageId }] = await tenant.copy(image.id, { destRegion: ['ot2'] });
  await tenant.untilStatus(imageId, 'CreateFailed');
  expect((await tenant.show(imageId)).body.image.desc).toMatch(/sha512|digest/);
  expectError(await tenant.cancel(imageId), 409, 'Image.ImageStatusForbidden');
});

test.each<[string, string]>([
  ['that is empty', ''],
  ['of letters', 'nobody-has-this-one'],
  ['with a quote', "a'b"],
  ['with a slash', 'a%2Fb'],
  ['with a NUL', '%00'],
  ['of 900 characters', 'x'.repeat(900)],
  ['of 1,001 characters', 'x'.repeat(1001)],
  ['of 9,000 characters', 'x'.repeat(9000)],
])('no image is found for an id %s', async (_name, imageId) => {
  const token = deployment.tokens.a;
  for (const path of [imageId, `${imageId}?cancelRemoteCopy`]) {
    const method = path === imageId ? 'GET' : 'POST';
    expectError(await tenant.call(method, path, { token }), 404, 'NoSuchObject');
  }
});

test("another tenant's copies and images are not found", async () => {
  const imageId = await runningCopy();
  const foreign = (await deployment.addImage('ot2', 10, { owner: 'tenant-a' })).id;
  const token = deployment.tokens.b;
  for (const id of [imageId, foreign]) {
    expectError(await tenant.call('POST', `${id}?cancelRemoteCopy`, { token }), 404, 'NoSuchObject');
    expectError(await tenant.call('GET', id, { token }), 404, 'NoSuchObject');
  }
  expect((await tenant.cancel(imageId)).status).toBe(200);
});

test('a job that was started by hand is found by exactly the image id that it has reserved', async () => {
  const image_id = 'm-ByHand01';
  await deployment.client.workflow.start(COPY_IMAGE, {
    taskQueue: TASK_QUEUE,
    workflowId: 'a job by hand',
    args: [
      {
        source: { region: 'ot1', image_id: large, tenant_id: 'tenant-a' },
        destination: { region: 'ot2', image_id },
      },
    ],
  });
  await tenant.untilStatus(image_id, 'dest_copying');
  expect((await tenant.show(image_id)).body.image.id).toBe(image_id);
  expectError(await tenant.cancel(image_id.toLowerCase()), 404, 'NoSuchObject');
  expect((await tenant.cancel(image_id)).status).toBe(200);
  await tenant.untilStatus(image_id, null);
});

test('if no copy to a region can start, its row of the answer has the error, and the copies to the others go on', async () => {
  const rows = await tenant.copy(small, { destRegion: ['mars', 'ot2', 'ot1'] });
  expect(rows).toEqual([
    {
      region: 'mars',
      imageId: '',
      code: 'Image.RegionNotSupportCopy',
      errMsg: expect.stringContaining('mars'),
    },
    { region: 'ot2', imageId: expect.any(String), code: '', errMsg: '' },
    { region: 'ot1', imageId: '', code: 'Image.RegionNotSupportCopy', errMsg: expect.any(String) },
  ]);
  await tenant.untilStatus(rows[1].imageId, 'Available');
});

test('if every region has an error, the answer is an error', async () => {
  const copy = (imageId: string, body: unknown) => tenant.call('POST', `${imageId}?remoteCopy`, { body });
  expectError(await copy('missing', { destRegion: ['ot2', 'ot3'] }), 404, 'NoSuchObject');
  expectError(await copy(small, { destRegion: ['mars'] }), 409, 'Image.RegionNotSupportCopy');
  const queued = await deployment.addImage('ot1', 10, { owner: 'tenant-a' });
  const file = join(deployment.folder, 'ot1', queued.id, 'image.json');
  await writeFile(file, JSON.stringify({ ...queued, status: 'queued' }));
  expectError(await copy(queued.id, { destRegion: ['ot2'] }), 409, 'Image.ImageStatusForbidden');
});

test('the source is the region of the host to which the request was sent', async () => {
  const { id } = await deployment.addImage('ot3', 10, { owner: 'tenant-a' });
  const options = { token: deployment.tokens.a, body: { destRegion: ['ot2'] } };
  expectError(await tenant.call('POST', `${id}?remoteCopy`, options), 404, 'NoSuchObject');
  const headers = { host: 'bcc.ot3.example.com' };
  const answer = await tenant.call('POST', `${id}?remoteCopy`, { ...options, headers });
  expect(answer.status).toBe(200);
  await tenant.untilStatus(answer.body.result[0].imageId, 'Available');
});
