import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageRecord } from '../../src/image/index.ts';
import { type GlanceOptions, glanceDriver } from '../../src/stores/glance/driver.ts';
import type { ImageStore } from '../../src/stores/index.ts';
import { type MeddledStore, recordOf, type StoreTraits } from '../stores/store-under-test.ts';
import { type GlanceRig, glanceRig } from './glance-rig.ts';
import { COPIER } from './keystone-session-rig.ts';

export const GLANCE_TRAITS: StoreTraits = {
  reusesIds: false,
  usedIdError: 'spoilt',
  numbers: false,
  freeIds: false,
  emptyImages: false,
  operators: false,
};

export interface GlanceUnderTest extends MeddledStore {
  readonly rig: GlanceRig;
  /** Opens another store on the same Glance, with other options. */
  reopened(options: Partial<GlanceOptions>): ImageStore;
  /** Lists the stores of Glance that have data of an image. */
  storesOf(imageId: string): Promise<string[]>;
}

const stores = new Map<string, ImageStore>();

/**
 * Opens a store for this process's own projects on a real Glance. It is empty, and is emptied again when it
 * is closed.
 */
export async function openGlance(region = 'ot1'): Promise<GlanceUnderTest> {
  Object.assign(process.env, COPIER);
  const rig = await glanceRig(region);
  const known = new Set<string>();
  const open = (options: Partial<GlanceOptions>) =>
    watched(glanceDriver.open({ region_name: region, ...options }, '/'), known);
  // All tests of a process share the driver of a region, so that they share its tokens.
  const driver = stores.get(region) ?? glanceDriver.open({ region_name: region }, '/');
  stores.set(region, driver);
  const storesOf = (imageId: string) => foldersWith(region, imageId);
  return {
    rig,
    store: watched(driver, known),
    tenants: rig.tenants,
    reopened: open,
    storesOf,
    async addImage(data, fields) {
      const record = recordOf(data, { owner: rig.tenants.a, ...fields });
      known.add(record.id);
      const created_at = await addImage(rig, record, data);
      return { ...record, created_at };
    },
    async uploadAsOwner(imageId, data) {
      await upload(rig, 'a', imageId, data);
    },
    async traces() {
      const held = await Promise.all([...known].map(storesOf));
      return [...(await rig.ids()), ...held.flat()];
    },
    async close() {
      for (const id of await rig.ids()) {
        const image = await rig.show(id);
        if (image.protected) await rig.patch(id, { op: 'replace', path: '/protected', value: false });
        if (image.status !== 'gone') await rig.call('admin', 'DELETE', `/${id}`);
      }
    },
  };
}

/**
 * Returns a store that records which images were made in it. It lists only these, because a public image may
 * belong to anybody.
 */
function watched(store: ImageStore, known: Set<string>): ImageStore {
  return {
    ...store,
    prepare(ref, attempt, image) {
      known.add(ref.image_id);
      return store.prepare(ref, attempt, image);
    },
    async *images(tenantId) {
      for await (const image of store.images(tenantId)) if (known.has(image.id)) yield image;
    },
  };
}

/**
 * Makes an image as its owner does, or as an administrator if only an administrator may. Returns the time of
 * its creation.
 */
async function addImage(rig: GlanceRig, record: ImageRecord, data: Uint8Array): Promise<string> {
  const { visibility, status, owner, properties, os_hidden } = record;
  const as = owner === rig.tenants.b ? 'b' : 'a';
  const { id, name, disk_format, container_format, min_disk, min_ram, tags } = record;
  const described = { id, name, disk_format, container_format, min_disk, min_ram, tags, os_hidden };
  const body = JSON.stringify({ ...properties, ...described, protected: record.protected });
  const headers = { 'content-type': 'application/json' };
  const created = await rig.call(as, 'POST', '', { headers, body });
  if (status !== 'queued') await upload(rig, as, id, data);
  if (status === 'deactivated') await rig.call('admin', 'POST', `/${id}/actions/deactivate`);
  await rig.patch(id, { op: 'replace', path: '/visibility', value: visibility });
  return created.body.created_at;
}

async function upload(rig: GlanceRig, as: 'a' | 'b', imageId: string, data: Uint8Array): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' };
  await rig.call(as, 'PUT', `/${imageId}/file`, { headers, body: data });
}

const FOLDERS = { main: 'images', second: 'images2' };

async function foldersWith(region: string, imageId: string): Promise<string[]> {
  const state = join(process.env.OPENSTACK_TEST_DIR ?? '', 'state', `glance-${region}`);
  const found: string[] = [];
  for (const [name, folder] of Object.entries(FOLDERS)) {
    const files = await readdir(join(state, folder));
    if (files.includes(imageId)) found.push(name);
  }
  return found;
}
