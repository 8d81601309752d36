import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { MIB } from '../../support/deployment.ts';
import { until } from '../../support/until.ts';
import { tokenOf } from '../keystone-rig.ts';
import { addImage, callGlance, imageUrl, showImage } from './images.ts';
import { type FaultyProxy, startProxy } from './proxy.ts';
import { type RegionInFront, regionInFront } from './regions-in-front.ts';

const DATA = randomBytes(3 * MIB);
let proxy: FaultyProxy;
let region: RegionInFront;
let alice: { token: string };
beforeAll(async () => {
  alice = { token: await tokenOf('alice', 'tenant-a') };
});
beforeEach(async () => {
  proxy = await startProxy(await imageUrl('ot1'));
  region = await regionInFront(proxy.url);
});
afterEach(() => Promise.all([proxy?.close(), region?.remove()]));

const download = (id: string, headers = {}) =>
  fetch(`${proxy.url}/v2/images/${id}/file`, { headers: { 'x-auth-token': alice.token, ...headers } });

test('without a fault, everything is passed on and counted', async () => {
  const { id, os_hash_value } = await addImage(region.name, alice, DATA);
  expect((await showImage('ot1', alice, id)).os_hash_value).toBe(os_hash_value);
  expect(Buffer.from(await (await download(id)).arrayBuffer())).toEqual(DATA);
  expect(proxy.bytes.request).toBeGreaterThanOrEqual(DATA.length);
  expect(proxy.bytes.response).toBeGreaterThanOrEqual(DATA.length);
  expect([proxy.count('PUT', /file$/), proxy.count('GET', /file$/)]).toEqual([1, 1]);
});

test('ranges are passed on, refused or ignored', async () => {
  const { id } = await addImage(region.name, alice, DATA);
  const statuses = [];
  for (const ranges of ['passed', 'refused', 'ignored'] as const) {
    proxy.ranges = ranges;
    const answer = await download(id, { range: 'bytes=0-99' });
    statuses.push([answer.status, (await answer.arrayBuffer()).byteLength]);
  }
  expect(statuses).toEqual([
    [206, 100],
    [400, 0],
    [200, DATA.length],
  ]);
});

test('a download is cut once', async () => {
  const { id } = await addImage(region.name, alice, DATA);
  proxy.inject({ method: 'GET', path: /file$/, response: { after: MIB, pause: null } });
  await expect((await download(id)).arrayBuffer()).rejects.toThrow();
  expect((await (await download(id)).arrayBuffer()).byteLength).toBe(DATA.length);
});

test('an upload is cut, and Glance makes the image queued again', async () => {
  proxy.inject({ method: 'PUT', request: { after: MIB, pause: null } });
  await expect(addImage(region.name, alice, DATA)).rejects.toThrow();
  const [, put] = proxy.requests;
  const id = put?.path.split('/').at(-2) ?? '';
  await until(async () => (await showImage('ot1', alice, id)).status === 'queued');
  expect((await callGlance('ot1', alice, 'DELETE', `/${id}`)).status).toBe(204);
});

test('an upload that pauses for longer than Glance waits is broken off', async () => {
  proxy.inject({ method: 'PUT', request: { after: MIB, pause: 13_000 } });
  const before = Date.now();
  await expect(addImage(region.name, alice, DATA)).rejects.toThrow();
  expect(Date.now() - before).toBeGreaterThan(9_000);
});

test('a status is answered as often as the fault says', async () => {
  proxy.inject({ method: 'GET', status: 503, headers: { 'retry-after': '1' }, times: 2 });
  const statuses = [];
  for (let call = 0; call < 3; call += 1) {
    statuses.push((await callGlance(region.name, alice, 'GET', '?limit=1')).status);
  }
  expect(statuses).toEqual([503, 503, 200]);
});
