import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { copyOf } from '../../src/image/index.ts';
import { committing, fillImage } from '../stores/make-image.ts';
import { storeBench } from '../stores/store-bench.ts';
import { codeOf, FIRST, LAST } from '../stores/store-under-test.ts';
import { openGlance } from './glance-under-test.ts';

const DATA = randomBytes(10_000);

const KEPT = {
  os_distro: 'ubuntu',
  hw_disk_bus: 'scsi',
  hw_qemu_guest_agent: 'yes',
  architecture: 'x86_64',
  empty: '',
  'owner_specified.openstack.object': 'images/ubuntu',
};
const LEFT = {
  kernel_id: randomUUID(),
  ramdisk_id: randomUUID(),
  base_image_ref: randomUUID(),
  instance_uuid: randomUUID(),
  image_type: 'snapshot',
  img_signature_hash_method: 'SHA-256',
  user_id: 'someone',
};

const bench = storeBench(() => openGlance());

/** Makes a copy as a job does. Returns the copy as Glance shows it. */
async function copied(fields = {}) {
  const { id } = await bench.current.addImage(DATA, fields);
  const { a } = bench.current.tenants;
  const { record } = await bench.store.inspect(bench.own(id));
  const ref = bench.ref(DATA);
  const copy = copyOf(record, { image_id: ref.image_id, image_name: null, tenant_id: a }, a);
  await bench.store.prepare(ref, FIRST, copy);
  await fillImage(bench.store, ref, DATA);
  const made = await bench.current.rig.show(ref.image_id);
  await bench.store.commit(committing(ref, DATA), LAST, copy);
  return { made, committed: await bench.current.rig.show(ref.image_id) };
}

test('a copy has everything that describes its source, and no property that has no meaning elsewhere', async () => {
  const fields = { name: 'Ünïcode', min_disk: 7, min_ram: 9, tags: ['b', 'a'] };
  const { committed } = await copied({ ...fields, properties: { ...KEPT, ...LEFT } });
  expect(committed).toMatchObject({ ...KEPT, name: 'Ünïcode', min_disk: 7, min_ram: 9, disk_format: 'raw' });
  expect(committed).toMatchObject({
    status: 'active',
    owner: bench.current.tenants.a,
    container_format: 'bare',
  });
  expect([...committed.tags].sort()).toEqual(['a', 'b']);
  for (const name of Object.keys(LEFT)) expect(committed).not.toHaveProperty(name);
  expect(Object.keys(committed).filter((name) => name.startsWith('image_replicator'))).toEqual([]);
});

test('visibility, hidden and protected are set by the commit, and not before', async () => {
  const { made, committed } = await copied({ visibility: 'shared', os_hidden: true, protected: true });
  expect(made).toMatchObject({ visibility: 'private', os_hidden: false, protected: false });
  expect(committed).toMatchObject({ visibility: 'shared', os_hidden: true, protected: true });
});

test('a copy of a public image is private', async () => {
  expect((await copied({ visibility: 'public' })).committed.visibility).toBe('private');
});

test.each([
  ['cinder_encryption_key_id', randomUUID()],
  ['os_encrypt_key_id', randomUUID()],
  ['block_device_mapping', '[{"snapshot_id": "x"}]'],
])('an image with %s is refused, and the message names the property', async (name, value) => {
  const { id } = await bench.current.addImage(DATA, { properties: { [name]: value } });
  const refused = bench.store.inspect(bench.own(id));
  await expect(refused).rejects.toMatchObject({ code: 'invalid_image' });
  await expect(refused).rejects.toThrow(name);
});

test('an image with an empty list of volumes is accepted', async () => {
  const { id } = await bench.current.addImage(DATA, { properties: { block_device_mapping: '[]' } });
  expect(await codeOf(bench.store.inspect(bench.own(id)))).toBe('success');
});

test('an empty image is refused', async () => {
  const { id } = await bench.current.addImage(Buffer.alloc(0));
  const refused = bench.store.inspect(bench.own(id));
  await expect(refused).rejects.toMatchObject({ code: 'invalid_image' });
  await expect(refused).rejects.toThrow('0 bytes');
});

test.each(['disk_format', 'container_format'] as const)('an image without %s is refused', async (field) => {
  const ref = bench.ref(DATA);
  const { id } = await bench.current.addImage(DATA);
  const { record } = await bench.store.inspect(bench.own(id));
  const prepared = bench.store.prepare(ref, FIRST, { ...record, id: ref.image_id, [field]: null });
  await expect(prepared).rejects.toMatchObject({ code: 'invalid_image' });
  await expect(prepared).rejects.toThrow(field);
});
