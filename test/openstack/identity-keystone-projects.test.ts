import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { mayCopyInto, opened } from './identity-rig.ts';
import {
  applicationToken,
  isGood,
  newApplicationCredential,
  newTrustToken,
  newUser,
  projectId,
  tokenOf,
} from './keystone-rig.ts';
import { forgetSent, issued, sent } from './keystone-session-rig.ts';

let a: string;
let b: string;
beforeAll(async () => {
  a = await projectId('tenant-a');
  b = await projectId('tenant-b');
});
beforeEach(forgetSent);
afterEach(() => void vi.useRealTimers());

describe('a copy into another project', () => {
  test('needs the role member in that project', async () => {
    const user = await newUser({ 'tenant-a': 'member', 'tenant-b': 'member', service: 'reader' });
    const identity = await opened();
    const token = await tokenOf(user.name, 'tenant-a');
    forgetSent();
    expect(await mayCopyInto(identity, token, b)).toBe(true);
    expect(await mayCopyInto(identity, token, await projectId('service'))).toBe(false);
    expect(await mayCopyInto(identity, token, await projectId('admin'))).toBe(false);
    expect(await mayCopyInto(identity, token, a)).toBe(true);
  });

  test("leaves no token behind, and the caller's own token is not revoked", async () => {
    const user = await newUser({ 'tenant-a': 'member', 'tenant-b': 'member' });
    const token = await tokenOf(user.name, 'tenant-a');
    const identity = await opened();
    forgetSent();
    expect(await mayCopyInto(identity, token, b)).toBe(true);
    const made = [...new Set(issued)].filter((one) => one !== token);
    expect(made).toHaveLength(1);
    expect(await Promise.all([isGood(made[0] ?? ''), isGood(token)])).toEqual([false, true]);
    expect(await mayCopyInto(identity, token, b)).toBe(true);
  });

  test.each([
    ['is unknown', 'f'.repeat(32)],
    ['is empty', ''],
    ['is too long', 'f'.repeat(2000)],
    ['is not an id', '../../users?name=x" OR 1=1\r\n\u0000ü'],
  ])('is refused if the id of the project %s', async (_what, id) => {
    const identity = await opened();
    expect(await mayCopyInto(identity, await tokenOf('alice', 'tenant-a'), id)).toBe(false);
    expect(new Set(sent.map(({ path }) => path.split('?')[0]))).toEqual(new Set(['/v3/auth/tokens']));
  });

  test('cannot be made with a delegated token', async () => {
    const user = await newUser({ 'tenant-a': 'member', 'tenant-b': 'member' });
    const identity = await opened();
    const own = await tokenOf(user.name, 'tenant-a');
    const delegated = [
      await applicationToken(await newApplicationCredential(own)),
      await newTrustToken(own, 'tenant-a', 'bob'),
    ];
    for (const token of delegated) {
      expect(await identity.authenticate(token)).toMatchObject({ tenant_id: a, may_copy: true });
      forgetSent();
      expect(await mayCopyInto(identity, token, b)).toBe(false);
      expect(await mayCopyInto(identity, token, a)).toBe(true);
      expect(sent).toEqual([]);
    }
  });
});
