import { expect, test } from 'vitest';
import { copyOf } from '../../src/image/index.ts';
import { recordOf } from '../stores/store-under-test.ts';

const SOURCE = recordOf(Buffer.from('bytes'), { owner: 'tenant-a', os_hidden: true, protected: true });
const TARGET = { image_id: 'copy', image_name: null, tenant_id: 'tenant-b' };

test('a copy has the id and the owner of its target, and everything else that describes its source', () => {
  const { id, owner, created_at, ...described } = copyOf(SOURCE, TARGET, 'tenant-a');
  expect([id, owner]).toEqual(['copy', 'tenant-b']);
  expect(Date.parse(created_at)).toBeGreaterThan(Date.parse(SOURCE.created_at));
  expect(SOURCE).toMatchObject(described);
});

test('a copy has the name that was asked for, and the source keeps its name', () => {
  expect(copyOf(SOURCE, { ...TARGET, image_name: 'other' }, null).name).toBe('other');
  expect(SOURCE.name).toBe('Ubuntu 24.04');
});

test.each([
  ['private', 'tenant-a', 'private'],
  ['shared', 'tenant-a', 'shared'],
  ['shared', 'tenant-c', 'private'],
  ['shared', null, 'private'],
  ['public', 'tenant-a', 'private'],
  ['community', 'tenant-a', 'private'],
  ['public', 'tenant-c', 'private'],
] as const)('a copy of a %s image for the tenant %s is %s', (visibility, requester, expected) => {
  expect(copyOf({ ...SOURCE, visibility }, TARGET, requester).visibility).toBe(expected);
});

test("os_hidden and protected are kept only in a copy for the image's owner", () => {
  expect(copyOf(SOURCE, TARGET, 'tenant-a')).toMatchObject({ os_hidden: true, protected: true });
  expect(copyOf(SOURCE, TARGET, 'tenant-c')).toMatchObject({ os_hidden: false, protected: false });
  expect(copyOf({ ...SOURCE, owner: null }, TARGET, null)).toMatchObject({ os_hidden: false });
});

test.each([
  'os_distro',
  'os_version',
  'hw_disk_bus',
  'hw_qemu_guest_agent',
  'architecture',
  'owner_specified.openstack.md5',
  'my_own_thing',
  'my_kernel_id',
  'image_types',
])('a copy keeps %s', (name) => {
  expect(copyOf({ ...SOURCE, properties: { [name]: 'x' } }, TARGET, null).properties).toEqual({
    [name]: 'x',
  });
});

test.each([
  'os_glance_importing_to_stores',
  'image_replicator_job',
  'cinder_encryption_key_id',
  'cinder_encryption_key_deletion_policy',
  'img_signature',
  'img_signature_certificate_uuid',
  'kernel_id',
  'ramdisk_id',
  'block_device_mapping',
  'bdm_v2',
  'root_device_name',
  'base_image_ref',
  'instance_uuid',
  'image_type',
  'image_location',
  'image_state',
  'user_id',
  'owner_id',
  'clean_attempts',
])('a copy leaves out %s, which has a meaning only where it came from', (name) => {
  const properties = { [name]: 'x', os_distro: 'ubuntu' };
  expect(copyOf({ ...SOURCE, properties }, TARGET, 'tenant-a').properties).toEqual({ os_distro: 'ubuntu' });
});
