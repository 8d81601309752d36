import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { type Sdk, startSdk } from './sdk.ts';

const NONE = 'm-nky7qeom';
const REQUEST = /^req-/;

let deployment: Deployment;
let sdk: Sdk;
let large: string;
let small: string;
const running: Sdk[] = [];
const as = (access: string, secret: string): Sdk => {
  const started = startSdk('bcc.py', { endpoint: deployment.apiUrl, access, secret });
  running.push(started);
  return started;
};
beforeAll(async () => {
  deployment = await deploy({ regions: ['ot1', 'ot2', 'ot3'] });
  await Promise.all([deployment.startSlowWorker(500), deployment.startApi()]);
  sdk = as(deployment.key.access, deployment.key.secret);
  large = (await deployment.addImage('ot1', 128 * MIB, { owner: 'tenant-a' })).id;
  small = (await deployment.addImage('ot1', 10, { owner: 'tenant-a' })).id;
});
afterAll(async () => {
  await Promise.all(running.map((started) => started.stop()));
  await deployment?.stop();
});

const copyOf = (image_id: string, ...destRegions: string[]) =>
  sdk.ok('copy', { image_id, name: 'mine', destRegions });
const statusOf = async (image_id: string) => (await sdk.ok('show', { image_id })).body.image.status;
const untilAvailable = (image_id: string) => until(async () => (await statusOf(image_id)) === 'Available');

/** Expects that a call of `client` is refused, and that the SDK's exception says so. */
async function expectError(client: Sdk, name: string, args: object, expected: object, message: unknown) {
  const { error } = await client.call(name, args);
  expect(error).toMatchObject({
    type: 'BceHttpClientError',
    request_id: expect.stringMatching(REQUEST),
    last: { type: 'BceServerError', message },
    ...expected,
  });
}
const NO_OBJECT = { status_code: 404, code: 'NoSuchObject' };
const NO_OBJECT_MESSAGE = 'The specified object is not found or resource do not exist.';
const FORBIDDEN = { status_code: 409, code: 'Image.ImageStatusForbidden' };

test("Baidu's SDK copies an image to two regions, and sees both become Available", async () => {
  const { body, request_id } = await copyOf(small, 'ot2', 'ot3');
  expect(request_id).toMatch(REQUEST);
  expect(body.result).toEqual([
    { region: 'ot2', imageId: expect.any(String), errMsg: '', code: '' },
    { region: 'ot3', imageId: expect.any(String), errMsg: '', code: '' },
  ]);
  for (const { region, imageId } of body.result) {
    await untilAvailable(imageId);
    expect((await sdk.ok('show', { image_id: imageId })).body.image).toMatchObject({
      id: imageId,
      name: 'mine',
      type: 'Custom',
    });
    expect(await deployment.files(region)).toContain(imageId);
  }
});

test('the SDK cancels a copy that is dest_copying: 200 without a body, and then the image is not found', async () => {
  const { body } = await copyOf(large, 'ot2');
  const image_id = body.result[0].imageId;
  await untilWritten(deployment, image_id, MIB);
  expect(await statusOf(image_id)).toBe('dest_copying');
  expect(await sdk.ok('cancel', { image_id })).toEqual({
    request_id: expect.stringMatching(REQUEST),
    body: null,
  });
  await until(async () => (await sdk.call('show', { image_id })).error?.status_code === 404);
  expect((await deployment.files('ot2')).filter((name) => name.includes(image_id))).toEqual([]);
  await expectError(sdk, 'cancel', { image_id }, NO_OBJECT, NO_OBJECT_MESSAGE);
});

test('a cancel of a copy that is Available is a 409', async () => {
  const { body } = await copyOf(small, 'ot2');
  const image_id = body.result[0].imageId;
  await untilAvailable(image_id);
  await expectError(sdk, 'cancel', { image_id }, FORBIDDEN, 'Image status is not dest_copying.');
  expect(await statusOf(image_id)).toBe('Available');
});

test('a missing image is a 404 in every call', async () => {
  const copy = { image_id: NONE, name: 'mine', destRegions: ['ot2'] };
  await expectError(sdk, 'copy', copy, NO_OBJECT, NO_OBJECT_MESSAGE);
  await expectError(sdk, 'show', { image_id: NONE }, NO_OBJECT, NO_OBJECT_MESSAGE);
  await expectError(sdk, 'cancel', { image_id: NONE }, NO_OBJECT, NO_OBJECT_MESSAGE);
});

test('an unknown region is a 409, or an error in its row', async () => {
  const args = { image_id: small, name: 'mine', destRegions: ['mars'] };
  const expected = { status_code: 409, code: 'Image.RegionNotSupportCopy' };
  await expectError(sdk, 'copy', args, expected, expect.stringContaining('mars'));
  const { body } = await copyOf(small, 'mars', 'ot2');
  expect(body.result).toMatchObject([{ code: 'Image.RegionNotSupportCopy', imageId: '' }, { code: '' }]);
});

test('a wrong secret is a 400, and an unknown key is a 403', async () => {
  const wrong = as(deployment.key.access, 'another');
  const unknown = as('NOBODY', deployment.key.secret);
  for (const name of ['show', 'cancel']) {
    const args = { image_id: NONE };
    const mismatch = { status_code: 400, code: 'SignatureDoesNotMatch' };
    await expectError(wrong, name, args, mismatch, expect.stringContaining('signature'));
    const invalid = { status_code: 403, code: 'InvalidAccessKeyId' };
    await expectError(unknown, name, args, invalid, expect.stringContaining('Access Key ID'));
  }
});
