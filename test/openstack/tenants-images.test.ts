import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { messageOf } from '../support/http.ts';
import { tokenOf } from './keystone-rig.ts';
import { cloudWithTenants } from './support/cloud-with-tenants.ts';
import { addImage, callGlance } from './support/images.ts';
import type { Tenant } from './support/tenants.ts';

let deployment: Deployment;
let alice: Tenant;
let bob: Tenant;
beforeAll(async () => {
  ({ deployment, alice, bob } = await cloudWithTenants({ worker: false }));
});
afterAll(() => deployment.stop());

const SOME_ID = '33911588-c299-4369-a240-7e5b741cdb6a';
const data = randomBytes(1000);

/** Returns the error that alice gets when she asks for a copy of an image. */
async function refusal(image_id: string) {
  const answer = await alice.jobs.copy({ image_id, tenant_id_dst: alice.project });
  return { status: answer.status, message: messageOf(answer).replaceAll(image_id, '…') };
}

test("another project's private image is not found, like a missing one", async () => {
  const foreign = await addImage('ot1', bob, data, { visibility: 'private' });
  const notShared = await addImage('ot1', bob, data, { visibility: 'shared' });
  for (const imageId of [foreign.id, notShared.id, randomUUID()]) {
    expect(await refusal(imageId)).toEqual({
      status: 404,
      message: 'there is no image …, or it is not yours to see',
    });
  }
});

test.each(['..', '../../info/usage', '%2e%2e', 'a name', `${SOME_ID}/file`, `${SOME_ID}?x=1`])(
  'an impossible image id is not found, and does not get into an address: %s',
  async (imageId) => {
    expect(await refusal(imageId)).toMatchObject({ status: 404 });
  },
);

test('an image that another job is making is not found', async () => {
  const image = await addImage('ot1', alice, data, { image_replicator_job: randomUUID() });
  expect(await refusal(image.id)).toMatchObject({ status: 404 });
});

test('an image that has no data yet is refused', async () => {
  const id = randomUUID();
  const body = JSON.stringify({ id, disk_format: 'raw', container_format: 'bare' });
  await callGlance('ot1', alice, 'POST', '', { body });
  expect(await refusal(id)).toEqual({ status: 409, message: 'image … is queued, not active' });
});

test('an image that was deactivated is refused', async () => {
  const { id } = await addImage('ot1', alice, data);
  const admin = { token: await tokenOf('admin', 'admin') };
  expect((await callGlance('ot1', admin, 'POST', `/${id}/actions/deactivate`)).status).toBe(204);
  expect(await refusal(id)).toEqual({ status: 409, message: 'image … is deactivated, not active' });
});

test.each([
  ['is encrypted', 'cinder_encryption_key_id', randomUUID()],
  ['is encrypted as Glance does it', 'os_encrypt_key_id', randomUUID()],
  ['lists snapshots of volumes', 'block_device_mapping', '[{"source_type": "snapshot"}]'],
])('an image that %s is refused, and the message names the property', async (_what, name, value) => {
  const image = await addImage('ot1', alice, data, { [name]: value });
  const { status, message } = await refusal(image.id);
  expect(status).toBe(409);
  expect(message.split(':')[0]).toBe(name);
});

test('an empty image is refused, and the message names its size', async () => {
  const image = await addImage('ot1', alice, new Uint8Array());
  expect(image).toMatchObject({ status: 'active', size: 0 });
  expect(await refusal(image.id)).toEqual({ status: 409, message: 'size: the image has no data (0 bytes)' });
});
