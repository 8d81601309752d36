import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type EclClient, eclClient, messageOf } from '../support/http.ts';

let deployment: Deployment;
let tenant: EclClient;
let image: ImageRecord;
beforeAll(async () => {
  deployment = await deploy({
    regions: ['ot1', 'ot2', 'ot3'],
    api: {
      source_region_by_host: { 'image.ot2.example.com': 'ot2', 'image.ot3.example.com': 'ot3' },
      destination_region_by_tenant: { 'tenant-b': 'ot3' },
    },
  });
  await deployment.startApi();
  tenant = eclClient(deployment);
  image = await deployment.addImage('ot1', 10);
});
afterAll(() => deployment.stop());

const regionsOf = async (jobId: string) => {
  const { source_region_id, destination_region_id } = await tenant.job(jobId);
  return [source_region_id, destination_region_id];
};

test('the destination is the region that the request names', async () => {
  const body = { image_id: image.id, tenant_id_dst: 'tenant-a', region_id_dst: 'ot2' };
  expect(await regionsOf(await tenant.start(body))).toEqual(['ot1', 'ot2']);
});

test('if the request names no region, the destination is the region of the destination tenant', async () => {
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-b' });
  expect(await regionsOf(jobId)).toEqual(['ot1', 'ot3']);
});

test('a region in the request overrides the region of the destination tenant', async () => {
  const body = { image_id: image.id, tenant_id_dst: 'tenant-b', region_id_dst: 'ot2' };
  expect(await regionsOf(await tenant.start(body))).toEqual(['ot1', 'ot2']);
});

test('if several regions are possible, the request has to name one', async () => {
  const answer = await tenant.copy({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  expect(answer.status).toBe(400);
  expect(messageOf(answer)).toMatch(/^region_id_dst: is missing.*ot2, ot3/);
});

test("the source is the region of the request's host, with or without a port", async () => {
  const other = await deployment.addImage('ot2', 10);
  const body = { image_id: other.id, tenant_id_dst: 'tenant-b' };
  for (const host of ['image.ot2.example.com', 'image.ot2.example.com:9292']) {
    expect(await regionsOf(await tenant.start(body, { host }))).toEqual(['ot2', 'ot3']);
  }
});

test('a host may be written in capital letters', async () => {
  const other = await deployment.addImage('ot2', 10);
  const body = { image_id: other.id, tenant_id_dst: 'tenant-b' };
  expect(await regionsOf(await tenant.start(body, { host: 'Image.OT2.example.com' }))).toEqual([
    'ot2',
    'ot3',
  ]);
});

test.each(['constructor', '__proto__', 'somewhere.example.com'])(
  'for the host %s, which has no region of its own, the source is the default region',
  async (host) => {
    const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-b' }, { host });
    expect(await regionsOf(jobId)).toEqual(['ot1', 'ot3']);
  },
);

test('region_id_src overrides the host', async () => {
  const host = 'image.ot3.example.com';
  const body = { image_id: image.id, tenant_id_dst: 'tenant-a', region_id_src: 'ot1', region_id_dst: 'ot2' };
  expect(await regionsOf(await tenant.start(body, { host }))).toEqual(['ot1', 'ot2']);
});

test('a tenant whose region is also the source has to name another region', async () => {
  const other = await deployment.addImage('ot3', 10);
  const body = { image_id: other.id, tenant_id_dst: 'tenant-b', region_id_src: 'ot3' };
  const answer = await tenant.copy(body);
  expect(answer.status).toBe(400);
  expect(messageOf(answer)).toMatch(/^region_id_dst: /);
});
