import { BccClient } from '@baiducloud/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';

const NO_OBJECT = {
  status_code: 404,
  code: 'NoSuchObject',
  message: 'The specified object is not found or resource do not exist.',
  request_id: expect.stringMatching(/^req-/),
};

let deployment: Deployment;
let client: BccClient;
const as = (ak: string, sk: string) =>
  new BccClient({ endpoint: deployment.apiUrl, credentials: { ak, sk } });
beforeAll(async () => {
  deployment = await deploy();
  await Promise.all([deployment.startSlowWorker(500), deployment.startApi()]);
  client = as(deployment.key.access, deployment.key.secret);
});
afterAll(() => deployment?.stop());

// The SDK's BccClient has no method for these three calls. They are sent as its own methods send theirs.
const cancel = (imageId: string, by = client) =>
  by.sendRequest('POST', `/v2/image/${imageId}`, { params: { cancelRemoteCopy: '' } });
const show = (imageId: string) => client.sendRequest('GET', `/v2/image/${imageId}`);
async function copyOf(size: number): Promise<string> {
  const { id } = await deployment.addImage('ot1', size, { owner: 'tenant-a' });
  const params = { remoteCopy: '' };
  const body = JSON.stringify({ name: 'mine', destRegion: ['ot2'] });
  const answer = await client.sendRequest('POST', `/v2/image/${id}`, { params, body });
  return answer.body.result[0].imageId;
}

test("Baidu's SDK for Node.js cancels a copy: 200 without a body, and then the image is not found", async () => {
  const imageId = await copyOf(128 * MIB);
  await untilWritten(deployment, imageId, MIB);
  expect((await show(imageId)).body.image).toMatchObject({ name: 'mine', status: 'dest_copying' });
  const { http_headers, body } = await cancel(imageId);
  expect(http_headers).toMatchObject({
    'x-bce-request-id': expect.stringMatching(/^req-/),
    'content-type': 'application/json;charset=UTF-8',
  });
  expect(body).toEqual({});
  await until(async () =>
    show(imageId).then(
      () => false,
      ({ status_code }) => status_code === 404,
    ),
  );
  expect((await deployment.files('ot2')).filter((name) => name.includes(imageId))).toEqual([]);
  await expect(cancel(imageId)).rejects.toMatchObject(NO_OBJECT);
});

test('a cancel of a copy that is Available is a 409', async () => {
  const imageId = await copyOf(10);
  await until(async () => (await show(imageId)).body.image.status === 'Available');
  await expect(cancel(imageId)).rejects.toMatchObject({
    status_code: 409,
    code: 'Image.ImageStatusForbidden',
    message: 'Image status is not dest_copying.',
    request_id: expect.stringMatching(/^req-/),
  });
});

test('a missing image is a 404', async () => {
  await expect(cancel('m-nky7qeom')).rejects.toMatchObject(NO_OBJECT);
});

test('a wrong secret is a 400, and an unknown key is a 403', async () => {
  const refused = (by: BccClient) => expect(cancel('m-nky7qeom', by)).rejects;
  const wrong = as(deployment.key.access, 'another');
  await refused(wrong).toMatchObject({ status_code: 400, code: 'SignatureDoesNotMatch' });
  const unknown = as('NOBODY', deployment.key.secret);
  await refused(unknown).toMatchObject({ status_code: 403, code: 'InvalidAccessKeyId' });
});
