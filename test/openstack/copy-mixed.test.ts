import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { addImage, showImage } from './support/images.ts';
import { type Tenant, tenant } from './support/tenants.ts';

let deployment: Deployment;
let alice: Tenant;
beforeAll(async () => {
  deployment = await deploy({
    config: {
      regions: {
        ot1: { store: { driver: 'glance', cloud: 'copier', region_name: 'ot1' } },
        disk: { store: { driver: 'directory', path: 'disk' } },
      },
      identity: { driver: 'keystone', auth_url: process.env.OPENSTACK_TEST_AUTH_URL },
    },
    env: { OS_CLIENT_CONFIG_FILE: join(process.env.OPENSTACK_TEST_DIR ?? '', 'clouds.yaml') },
  });
  await mkdir(join(deployment.folder, 'disk'));
  await Promise.all([deployment.startWorker(), deployment.startApi()]);
  alice = await tenant(deployment, 'alice', 'tenant-a');
});
afterAll(() => deployment.stop());

const copy = (image_id: string, region_id_src: string, region_id_dst: string) =>
  alice.jobs.start({ image_id, tenant_id_dst: alice.project, region_id_src, region_id_dst });

test('an image is copied from a Glance to a directory, and back', async () => {
  const image = await addImage('ot1', alice, randomBytes(20 * MIB), { os_distro: 'debian' });
  const there = await alice.jobs.ended(await copy(image.id, 'ot1', 'disk'));
  expect(there).toMatchObject({ status: 'replicated', sha512: image.os_hash_value });
  const back = await alice.jobs.ended(await copy(there.job_id, 'disk', 'ot1'));
  expect(back).toMatchObject({ status: 'replicated', sha512: image.os_hash_value });
  expect(await showImage('ot1', alice, back.job_id)).toMatchObject({
    status: 'active',
    name: 'test',
    os_distro: 'debian',
    os_hash_value: image.os_hash_value,
  });
});
