import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, MIB } from '../support/deployment.ts';
import { cloudWithTenants } from './support/cloud-with-tenants.ts';
import { copied, described } from './support/copies.ts';
import { addImage, callGlance, patchImage, showImage } from './support/images.ts';
import type { Tenant } from './support/tenants.ts';

let deployment: Deployment;
let alice: Tenant;
let bob: Tenant;
beforeAll(async () => {
  ({ deployment, alice, bob } = await cloudWithTenants());
});
afterAll(() => deployment.stop());

const data = randomBytes(MIB);

test('a copy has every field, tag and property of its source', async () => {
  const image = await addImage('ot1', alice, data, {
    name: 'Ünïcode · 像',
    ...{ container_format: 'bare', disk_format: 'raw', min_disk: 7, min_ram: 512 },
    tags: ['lts', 'web', 'ü', 'a tag with spaces'],
    ...{ os_distro: 'debian', os_version: '12', os_type: 'linux', architecture: 'x86_64' },
    ...{
      hw_disk_bus: 'scsi',
      hw_scsi_model: 'virtio-scsi',
      hw_firmware_type: 'uefi',
      hw_machine_type: 'q35',
    },
    ...{
      'com.example:build': '2026-11-21T00:00:00Z',
      empty: '',
      json: '{"a": [1, "é"]}',
      long: 'x'.repeat(5000),
    },
  });
  expect(image).toMatchObject({ min_disk: 7, os_distro: 'debian', empty: '', visibility: 'shared' });
  expect(described(await copied(alice, image.id))).toEqual(described(image));
});

test('a copy can have as many properties and tags as Glance allows', async () => {
  const most = Array.from({ length: 128 }, (_, number) => `word-${number}`);
  const properties = Object.fromEntries(most.map((name) => [name, 'x']));
  const image = await addImage('ot1', alice, data, { ...properties, tags: most });
  expect(described(await copied(alice, image.id))).toEqual(described(image));
});

test('a copy has the name that was asked for', async () => {
  const image = await addImage('ot1', alice, data, { name: 'source', os_distro: 'debian' });
  const copy = await copied(alice, image.id, { image_name_dst: 'another name · 像' });
  expect(described(copy)).toEqual({ ...described(image), name: 'another name · 像' });
});

test("a name that Glance refuses fails the job with Glance's words, and leaves nothing", async () => {
  const image = await addImage('ot1', alice, data);
  const request = { image_id: image.id, tenant_id_dst: alice.project, image_name_dst: 'to the moon 🚀' };
  const jobId = await alice.jobs.start(request);
  const { status, fault } = await alice.jobs.ended(jobId);
  expect({ status, fault }).toEqual({
    status: 'error',
    fault: { code: 'invalid_image', side: 'destination', message: expect.stringContaining('4 byte unicode') },
  });
  expect(await showImage('ot2', alice, jobId)).toEqual({ status: 'gone' });
});

test('a copy of an image without a name has no name', async () => {
  const image = await addImage('ot1', alice, data, { name: null });
  expect(await copied(alice, image.id)).toMatchObject({ name: null, status: 'active' });
});

test.each(['private', 'shared'])(
  'a %s image keeps its visibility, and stays hidden if it is hidden',
  async (visibility) => {
    const image = await addImage('ot1', alice, data, { visibility, os_hidden: true });
    expect(await copied(alice, image.id)).toMatchObject({ visibility, os_hidden: true, protected: false });
  },
);

test('a copy of a protected image is protected, and its owner may unprotect and delete it', async () => {
  const image = await addImage('ot1', alice, data, { protected: true });
  const { id, ...copy } = await copied(alice, image.id);
  expect(copy).toMatchObject({ protected: true, owner: alice.project });
  expect((await callGlance('ot2', alice, 'DELETE', `/${id}`)).status).toBe(403);
  await patchImage('ot2', alice, id, { op: 'replace', path: '/protected', value: false });
  expect((await callGlance('ot2', alice, 'DELETE', `/${id}`)).status).toBe(204);
});

test('properties that have a meaning only in their own region are not copied', async () => {
  const regional = {
    ...{ img_signature: 'c2ln', img_signature_hash_method: 'SHA-256', img_signature_key_type: 'RSA-PSS' },
    ...{ kernel_id: randomUUID(), ramdisk_id: randomUUID() },
    ...{ base_image_ref: randomUUID(), instance_uuid: randomUUID(), instance_id: 'i-1' },
    ...{ image_type: 'snapshot', image_location: 'snapshot', image_state: 'available', boot_roles: 'member' },
    ...{
      user_id: 'alice',
      owner_id: alice.project,
      owner_user_name: 'alice',
      owner_project_name: 'tenant-a',
    },
    ...{ root_device_name: '/dev/vda', bdm_v2: 'True', block_device_mapping: '[]', clean_attempts: '1' },
    ...{ image_replicator_note: 'of another copier' },
  };
  const kept = { os_distro: 'debian', hw_qemu_guest_agent: 'yes' };
  const image = await addImage('ot1', alice, data, { ...regional, ...kept });
  expect(image).toMatchObject({ ...regional, ...kept });
  const copy = await copied(alice, image.id);
  expect(copy).toMatchObject(kept);
  for (const name of Object.keys(regional)) expect(copy).not.toHaveProperty(name);
});

test('no property of a copy says how it was made', async () => {
  const copy = await copied(alice, (await addImage('ot1', alice, data)).id);
  expect(Object.keys(copy).filter((name) => /replicator|job|mark/.test(name))).toEqual([]);
});

test('the members of an image are not copied', async () => {
  const image = await addImage('ot1', alice, data);
  await callGlance('ot1', alice, 'POST', `/${image.id}/members`, {
    body: JSON.stringify({ member: bob.project }),
  });
  const copy = await copied(alice, image.id);
  const { body } = await callGlance('ot2', alice, 'GET', `/${copy.id}/members`);
  expect(body.members).toEqual([]);
  expect(await showImage('ot2', bob, copy.id)).toEqual({ status: 'gone' });
});
