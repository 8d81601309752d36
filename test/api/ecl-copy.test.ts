import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type EclClient, eclClient, messageOf } from '../support/http.ts';

let deployment: Deployment;
let tenant: EclClient;
beforeAll(async () => {
  deployment = await deploy();
  await Promise.all([deployment.startWorker(), deployment.startApi()]);
  tenant = eclClient(deployment);
});
afterAll(() => deployment.stop());

test('the two documented fields are enough to make a copy; the answer is 202', async () => {
  const image = await deployment.addImage('ot1', MIB + 5, { owner: 'tenant-a', name: 'ubuntu' });
  const answer = await tenant.copy({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  expect(answer.status).toBe(202);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  const { job_id, ...nothingElse } = JSON.parse(answer.text);
  expect(nothingElse).toEqual({});

  const job = await tenant.ended(job_id);
  expect(job).toMatchObject({
    job_id,
    status: 'replicated',
    copy_progress: 100,
    source_image_id: image.id,
    source_image_name: 'ubuntu',
    source_region_id: 'ot1',
    source_tenant_id: 'tenant-a',
    destination_image_id: job_id,
    destination_region_id: 'ot2',
    destination_tenant_id: 'tenant-a',
    sha512: image.os_hash_value,
  });
  const copy = await deployment.regions.get('ot2')?.store.inspect({ image_id: job_id, tenant_id: null });
  expect(copy?.record).toMatchObject({ name: 'ubuntu', owner: 'tenant-a', size: image.size });
});

test('the copy has the name and the owner that the request gives', async () => {
  const image = await deployment.addImage('ot1', 1000, { owner: 'tenant-a' });
  const jobId = await tenant.start({
    image_id: image.id,
    tenant_id_dst: 'tenant-b',
    image_name_dst: 'Ünïcode "name" 日本',
  });
  expect(await tenant.ended(jobId)).toMatchObject({
    status: 'replicated',
    destination_tenant_id: 'tenant-b',
  });
  const copy = await deployment.regions.get('ot2')?.store.inspect({ image_id: jobId, tenant_id: 'tenant-b' });
  expect(copy?.record).toMatchObject({ name: 'Ünïcode "name" 日本', owner: 'tenant-b' });
});

test("the source tenant is the requester's, not the image owner's", async () => {
  const image = await deployment.addImage('ot1', 10, { owner: null });
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  expect(await tenant.ended(jobId)).toMatchObject({ status: 'replicated', source_tenant_id: 'tenant-a' });
});

test('region_id_src names the source, and the only other region is the destination', async () => {
  const image = await deployment.addImage('ot2', 10);
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-a', region_id_src: 'ot2' });
  expect(await tenant.ended(jobId)).toMatchObject({
    status: 'replicated',
    source_region_id: 'ot2',
    destination_region_id: 'ot1',
  });
  expect(await deployment.files('ot1')).toContain(jobId);
});

test('an empty image is copied', async () => {
  const image = await deployment.addImage('ot1', 0);
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  expect(await tenant.ended(jobId)).toMatchObject({
    status: 'replicated',
    copy_progress: 100,
    image_size: 0,
  });
});

test('a body is read as JSON, whatever its content type is', async () => {
  const image = await deployment.addImage('ot1', 10);
  const answer = await tenant.copy(
    { image_id: image.id, tenant_id_dst: 'tenant-a' },
    { 'content-type': 'application/x-www-form-urlencoded' },
  );
  expect(answer.status).toBe(202);
});

test('a request without a key that is sent twice makes two jobs', async () => {
  const image = await deployment.addImage('ot1', 10);
  const body = { image_id: image.id, tenant_id_dst: 'tenant-a' };
  const [first, second] = await Promise.all([tenant.start(body), tenant.start(body)]);
  expect(first).not.toBe(second);
});

test('a copy to the source region itself is refused, and the message names the field', async () => {
  const image = await deployment.addImage('ot1', 10);
  const answer = await tenant.copy({ image_id: image.id, tenant_id_dst: 'tenant-a', region_id_dst: 'ot1' });
  expect(answer.status).toBe(400);
  expect(messageOf(answer)).toMatch(/^region_id_dst: /);
});
