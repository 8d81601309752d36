import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, MIB } from '../support/deployment.ts';
import { cloudWithTenants } from './support/cloud-with-tenants.ts';
import { addImage, showImage } from './support/images.ts';
import { openstackAs } from './support/openstack-client.ts';
import { emptyQcow2 } from './support/qcow2.ts';
import type { Tenant } from './support/tenants.ts';

let deployment: Deployment;
let alice: Tenant;
let bob: Tenant;
beforeAll(async () => {
  ({ deployment, alice, bob } = await cloudWithTenants());
});
afterAll(() => deployment.stop());

test('a tenant copies an image with a token and one call', async () => {
  const image = await addImage('ot1', alice, randomBytes(40 * MIB));
  const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  const job = await alice.jobs.ended(jobId);
  expect(job).toMatchObject({
    status: 'replicated',
    copy_progress: 100,
    source_image_id: image.id,
    source_tenant_id: alice.project,
    destination_image_id: jobId,
    destination_tenant_id: alice.project,
    image_size: 40 * MIB,
    bytes_copied: 40 * MIB,
    sha512: image.os_hash_value,
    verified_by: 'sha512',
    fault: null,
  });
  const copy = await showImage('ot2', alice, jobId);
  expect(copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value, owner: alice.project });
});

test('the real client shows the copy and saves it whole', async () => {
  const data = randomBytes(3 * MIB + 1);
  const image = await addImage('ot1', alice, data, { name: 'as the client shows it' });
  const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
  await alice.jobs.ended(jobId);
  const openstack = openstackAs('alice');
  const shown = await openstack('--os-region-name', 'ot2', 'image', 'show', jobId, '-f', 'json');
  expect(shown).toMatchObject({
    id: jobId,
    name: 'as the client shows it',
    status: 'active',
    size: data.length,
    checksum: image.checksum,
    owner: alice.project,
    disk_format: 'raw',
    container_format: 'bare',
    properties: { os_hash_algo: 'sha512', os_hash_value: image.os_hash_value },
  });
  const listed = await openstack('--os-region-name', 'ot2', 'image', 'list', '-f', 'json');
  expect(listed).toContainEqual({ ID: jobId, Name: 'as the client shows it', Status: 'active' });
  const file = join(deployment.folder, 'saved.img');
  await openstack('--os-region-name', 'ot2', 'image', 'save', jobId, '--file', file);
  expect((await readFile(file)).equals(data)).toBe(true);
});

test('two tenants copy the same data at the same time, each into a project of their own', async () => {
  const data = randomBytes(10 * MIB);
  const copies = await Promise.all(
    [alice, bob].map(async (owner) => {
      const image = await addImage('ot1', owner, data);
      const jobId = await owner.jobs.start({ image_id: image.id, tenant_id_dst: owner.project });
      expect(await owner.jobs.ended(jobId)).toMatchObject({ status: 'replicated' });
      return showImage('ot2', owner, jobId);
    }),
  );
  expect(copies.map(({ owner }) => owner)).toEqual([alice.project, bob.project]);
  expect(new Set(copies.map(({ os_hash_value }) => os_hash_value)).size).toBe(1);
  expect(await showImage('ot2', bob, copies[0].id)).toEqual({ status: 'gone' });
});

test('a qcow2 image stays qcow2, with its virtual size', async () => {
  const image = await addImage('ot1', bob, emptyQcow2(256 * MIB), { disk_format: 'qcow2' });
  const jobId = await bob.jobs.start({ image_id: image.id, tenant_id_dst: bob.project });
  expect(await bob.jobs.ended(jobId)).toMatchObject({ status: 'replicated', sha512: image.os_hash_value });
  expect(await showImage('ot2', bob, jobId)).toMatchObject({
    status: 'active',
    disk_format: 'qcow2',
    virtual_size: 256 * MIB,
    os_hash_value: image.os_hash_value,
  });
});
