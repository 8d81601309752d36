import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { mayCopyInto, opened } from './identity-rig.ts';
import {
  AUTH_URL,
  applicationToken,
  newApplicationCredential,
  projectId,
  revokeToken,
  tokenOf,
} from './keystone-rig.ts';
import { forgetSent, sent } from './keystone-session-rig.ts';

let a: string;
beforeAll(async () => {
  a = await projectId('tenant-a');
});
beforeEach(forgetSent);
afterEach(() => void vi.useRealTimers());

describe('a token', () => {
  test('of a member acts for its project, may copy, and brings its own catalog', async () => {
    const token = await tokenOf('alice', 'tenant-a');
    const principal = await (await opened()).authenticate(token);
    expect(principal).toMatchObject({ tenant_id: a, may_copy: true, credential: { token } });
    expect(principal?.credential?.catalog).toContainEqual({
      type: 'image',
      endpoints: expect.arrayContaining([
        { interface: 'public', region_id: 'ot1', url: expect.stringMatching(/^http:/) },
      ]),
    });
  });

  test('of a reader may only look', async () => {
    const principal = await (await opened()).authenticate(await tokenOf('rita', 'tenant-a'));
    expect(principal).toMatchObject({ tenant_id: a, may_copy: false });
  });

  test('of a role that does not imply member may only look', async () => {
    expect(await (await opened()).authenticate(await tokenOf('copier', 'service'))).toMatchObject({
      may_copy: false,
    });
  });

  test('without a project is refused', async () => {
    expect(await (await opened()).authenticate(await tokenOf('alice', null))).toBeNull();
  });

  test.each([
    ['garbage', 'no-such-token'],
    ['a shape that Keystone knows', `gAAAAA${'B'.repeat(200)}`],
    ['letters that are not allowed in a header', 'tök\nen'],
    ['an impossible length', 'x'.repeat(9000)],
  ])('of %s is refused', async (_what, token) => {
    const identity = await opened();
    expect(await identity.authenticate(token)).toBeNull();
    expect(await mayCopyInto(identity, token, a)).toBe(false);
  });

  test('that was revoked is refused', async () => {
    const token = await tokenOf('alice', 'tenant-a');
    await revokeToken(token);
    expect(await (await opened()).authenticate(token)).toBeNull();
  });

  test('that is bound to access rules is refused, because the facade cannot enforce the rules', async () => {
    const rules = [{ service: 'image', method: 'GET', path: '/v2/images' }];
    const credential = await newApplicationCredential(await tokenOf('alice', 'tenant-a'), {
      access_rules: rules,
    });
    expect(await (await opened()).authenticate(await applicationToken(credential))).toBeNull();
  });

  test('is checked with itself as the credential, and is sent only to Keystone', async () => {
    const token = await tokenOf('alice', 'tenant-a');
    forgetSent();
    await (await opened()).authenticate(token);
    expect(sent).toEqual([{ origin: new URL(AUTH_URL).origin, path: '/v3/auth/tokens', token }]);
  });
});

test('the challenge tells a caller without a good token where Keystone is', async () => {
  const identity = await opened('http://keystone.example/identity/v3');
  expect(identity.challenge).toBe('Keystone uri="http://keystone.example/identity"');
});
