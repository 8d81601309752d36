import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { messageOf } from '../support/http.ts';
import { until } from '../support/until.ts';
import { projectId } from './keystone-rig.ts';
import { cloudWithTenants } from './support/cloud-with-tenants.ts';
import { addImage, showImage } from './support/images.ts';
import type { Tenant } from './support/tenants.ts';

let deployment: Deployment;
let alice: Tenant;
let bob: Tenant;
let carol: Tenant;
beforeAll(async () => {
  ({ deployment, alice, bob, carol } = await cloudWithTenants());
});
afterAll(() => deployment.stop());

const data = randomBytes(1000);
const key = (name: string) => ({ 'idempotency-key': name });
const listed = async ({ jobs }: Tenant) => (await jobs.jobs()).map(({ job_id }) => job_id);

test("nobody sees, lists or cancels another project's job", async () => {
  const image = await addImage('ot1', alice, data);
  const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  for (const answer of [await bob.jobs.show(jobId), await bob.jobs.cancel(jobId)]) {
    expect([answer.status, messageOf(answer)]).toEqual([404, `there is no job ${jobId}`]);
  }
  await until(async () => (await listed(alice)).includes(jobId));
  expect(await listed(bob)).not.toContain(jobId);
  expect(await alice.jobs.ended(jobId)).toMatchObject({ status: 'replicated', cancel: null });
  expect((await bob.jobs.show(jobId)).status).toBe(404);
});

test('a member of two projects copies from one into the other; the image belongs to the other, and the job to both', async () => {
  const image = await addImage('ot1', alice, data, { os_distro: 'debian' });
  const jobId = await carol.jobs.start({ image_id: image.id, tenant_id_dst: bob.project });
  expect(await carol.jobs.ended(jobId)).toMatchObject({
    status: 'replicated',
    source_tenant_id: alice.project,
    destination_tenant_id: bob.project,
  });
  expect(await showImage('ot2', bob, jobId)).toMatchObject({ status: 'active', owner: bob.project });
  expect(await showImage('ot2', alice, jobId)).toEqual({ status: 'gone' });
  for (const one of [alice, bob]) {
    expect(await one.jobs.job(jobId)).toMatchObject({ job_id: jobId });
    await until(async () => (await listed(one)).includes(jobId));
  }
});

test('a project in which the caller is not a member is not found, like a missing one', async () => {
  const image = await addImage('ot1', alice, data);
  for (const project of [
    bob.project,
    await projectId('admin'),
    randomUUID().replaceAll('-', ''),
    'tenant-b',
  ]) {
    const answer = await alice.jobs.copy({ image_id: image.id, tenant_id_dst: project });
    expect([answer.status, messageOf(answer)]).toEqual([404, `tenant_id_dst: there is no tenant ${project}`]);
  }
});

test('a request that is repeated with its key gets the same job', async () => {
  const image = await addImage('ot1', alice, data);
  const body = { image_id: image.id, tenant_id_dst: alice.project };
  const name = randomUUID();
  const ids = await Promise.all([1, 2, 3].map(() => alice.jobs.start(body, key(name))));
  const [jobId = ''] = ids;
  expect(new Set(ids)).toEqual(new Set([jobId]));
  await alice.jobs.ended(jobId);
  expect(await alice.jobs.start(body, key(name))).toBe(jobId);
  expect((await alice.jobs.copy({ ...body, image_name_dst: 'another' }, key(name))).status).toBe(422);
  expect(await alice.jobs.start(body, key(randomUUID()))).not.toBe(jobId);
});

test('the same key in another project makes another job', async () => {
  const name = randomUUID();
  const ids = await Promise.all(
    [alice, bob].map(async (one) => {
      const image = await addImage('ot1', one, data);
      return one.jobs.start({ image_id: image.id, tenant_id_dst: one.project }, key(name));
    }),
  );
  expect(new Set(ids).size).toBe(2);
});
