import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type BccClient, bccClient, expectError } from './bcc-rig.ts';

let deployment: Deployment;
let tenant: BccClient;
let small: string;
beforeAll(async () => {
  deployment = await deploy({ regions: ['ot1', 'ot2', 'ot3'] });
  await Promise.all([deployment.startWorker(), deployment.startApi()]);
  tenant = bccClient(deployment);
  small = (await deployment.addImage('ot1', 10, { owner: 'tenant-a', name: 'tiny' })).id;
});
afterAll(() => deployment.stop());

test('a copy request with JSON and no content type works', async () => {
  const answer = await fetch(`${deployment.apiUrl}/v2/image/${small}?remoteCopy`, {
    method: 'POST',
    headers: { 'x-auth-token': deployment.tokens.a },
    // `fetch` sends no content type for a body of bytes.
    body: Buffer.from('{"destRegion": ["ot2"]}'),
  });
  expect(answer.status).toBe(200);
});

test('requests with the same client token make one copy for each region', async () => {
  const copy = (body: object) =>
    tenant.call('POST', `${small}?remoteCopy&clientToken=once`, { body: { destRegion: ['ot2'], ...body } });
  const first = await copy({});
  expect((await copy({})).body).toEqual(first.body);
  expectError(await copy({ name: 'another' }), 403, 'IdempotentParameterMismatch');
  const more = await copy({ destRegion: ['ot2', 'ot3'] });
  expect(more.body.result[0]).toEqual(first.body.result[0]);
});

test('a client token counts for each region by itself', async () => {
  const copy = (name: string, ...destRegion: string[]) =>
    tenant.call('POST', `${small}?remoteCopy&clientToken=regions`, { body: { destRegion, name } });
  const [first] = (await copy('one', 'ot2')).body.result;
  const [refused, accepted] = (await copy('another', 'ot2', 'ot3')).body.result;
  expect(refused).toMatchObject({ region: 'ot2', imageId: '', code: 'IdempotentParameterMismatch' });
  expect(accepted).toMatchObject({ region: 'ot3', code: '' });
  expect(accepted.imageId).not.toBe(first.imageId);
  expectError(await copy('third', 'ot2', 'ot3'), 403, 'IdempotentParameterMismatch');
});

test.each<[string, unknown]>([
  ['null', null],
  ['a number', 1],
  ['a text', 'once'],
])('a client token in the body is ignored: %s', async (_name, clientToken) => {
  const copy = () => tenant.copy(small, { destRegion: ['ot2'], clientToken });
  const [[first], [second]] = [await copy(), await copy()];
  expect(second.imageId).not.toBe(first.imageId);
});

test.each<[string, number, string, unknown]>([
  ['that is not JSON', 400, 'MalformedJSON', '{"destRegion": '],
  ['that is empty', 400, 'InappropriateJSON', ''],
  ['that is null', 400, 'InappropriateJSON', null],
  ['that is a list', 400, 'InappropriateJSON', ['ot2']],
  ['without a region', 400, 'InappropriateJSON', { name: 'x' }],
  ['with no regions', 400, 'InappropriateJSON', { destRegion: [] }],
  ['with a region twice', 400, 'InappropriateJSON', { destRegion: ['ot2', 'ot2'] }],
  ['whose region is not a list', 400, 'InappropriateJSON', { destRegion: 'ot2' }],
  ['whose name is a number', 400, 'InappropriateJSON', { destRegion: ['ot2'], name: 1 }],
  ['whose name is too long', 400, 'InappropriateJSON', { destRegion: ['ot2'], name: 'x'.repeat(256) }],
  ['larger than the limit', 413, 'InvalidHTTPRequest', { destRegion: ['x'.repeat(20_000)] }],
])('a copy with a body %s is refused', async (_name, status, code, body) => {
  expectError(await tenant.call('POST', `${small}?remoteCopy`, { body }), status, code);
});

test.each(['%zz', '%f', '%ff%fe'])('an image id of %s cannot be decoded, and is refused', async (imageId) => {
  for (const method of ['GET', 'POST']) {
    expectError(await tenant.call(method, `${imageId}?cancelRemoteCopy`, { body: {} }), 400, 'InvalidURI');
  }
});

test.each(['json', ';;', ''])('the Content-Type "%s" is ignored', async (type) => {
  const headers = { 'content-type': type };
  const path = `${small}?remoteCopy`;
  const body = { destRegion: ['ot2'] };
  expect((await tenant.call('POST', path, { headers, body })).status).toBe(200);
  expectError(await tenant.call('POST', path, { headers, body, token: 'unknown' }), 403, 'AccessDenied');
});

test.each(['', '?', '?shareImage', '?remoteCopy&cancelRemoteCopy'])(
  'a POST with the query "%s" is refused, because it does not name one known action',
  async (query) => {
    expectError(await tenant.call('POST', `${small}${query}`, { body: {} }), 400, 'InvalidURI');
  },
);

test('an unknown field is ignored, and so is the version of the API', async () => {
  const rows = await bccClient(deployment, 'v1').copy(small, { destRegion: ['ot2'], colour: 'red' });
  expect(rows[0].code).toBe('');
});
