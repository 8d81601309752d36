import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { tokenOf } from './keystone-rig.ts';
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

/** The ways in which alice can see an image of bob. */
const ways: Record<string, (imageId: string) => ReturnType<typeof callGlance>> = {
  public: async (imageId) =>
    patchImage('ot1', { token: await tokenOf('admin', 'admin') }, imageId, visibility('public')),
  community: (imageId) => patchImage('ot1', bob, imageId, visibility('community')),
  'shared with her': (imageId) =>
    callGlance('ot1', bob, 'POST', `/${imageId}/members`, {
      body: JSON.stringify({ member: alice.project }),
    }),
};
const visibility = (value: string) => ({ op: 'replace', path: '/visibility', value });

test.each(Object.keys(ways))(
  "a copy of another project's image that is %s is private and belongs to the project that copied it",
  async (way) => {
    const fields = { protected: true, os_hidden: true, os_distro: 'debian', tags: ['lts'] };
    const image = await addImage('ot1', bob, randomBytes(1000), fields);
    expect(await ways[way]?.(image.id)).toMatchObject({ status: 200 });
    const copy = await copied(alice, image.id);
    expect(described(copy)).toEqual({
      ...described(image),
      owner: alice.project,
      visibility: 'private',
      protected: false,
      os_hidden: false,
    });
    expect(await showImage('ot2', bob, copy.id)).toEqual({ status: 'gone' });
    expect((await callGlance('ot2', alice, 'DELETE', `/${copy.id}`)).status).toBe(204);
  },
);
