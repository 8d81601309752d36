import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { signIn, withKeys } from './access-keys-rig.ts';
import { opened } from './identity-rig.ts';
import {
  isGood,
  keystone,
  newApplicationCredential,
  newEc2Key,
  newUser,
  projectId,
  tokenOf,
} from './keystone-rig.ts';
import { copier, forgetSent, sent } from './keystone-session-rig.ts';

let a: string;
let b: string;
let alice: Awaited<ReturnType<typeof newEc2Key>>;
beforeAll(async () => {
  alice = await newEc2Key('alice', 'tenant-a');
  a = await projectId('tenant-a');
  b = await projectId('tenant-b');
});
beforeEach(forgetSent);
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const ec2SignIns = () => sent.filter(({ path }) => path === '/v3/ec2tokens').length;

describe('an EC2 credential', () => {
  test('has a secret, and acts for its project', async () => {
    const { access, secret } = alice;
    const key = await (await withKeys()).accessKey?.(access);
    expect(key?.secret).toBe(secret);
    expect(await key?.signIn()).toMatchObject({ tenant_id: a, may_copy: true });
  });

  test("gets a token that the region's Glance accepts", async () => {
    const { access } = alice;
    const user = (await signIn(await withKeys(), access))?.credential;
    if (user === undefined) throw new Error('no credential');
    const answer = await copier().requestImage({ method: 'GET', path: '/v2/images', as: { user } });
    await answer.body.dump();
    expect(answer.statusCode).toBe(200);
    expect(await isGood(user.token)).toBe(true);
  });

  test('of a reader may only look', async () => {
    const { access } = await newEc2Key('rita', 'tenant-a');
    expect(await signIn(await withKeys(), access)).toMatchObject({ tenant_id: a, may_copy: false });
  });

  test('may copy only within its own project, whatever else its owner may do', async () => {
    const { access } = await newEc2Key('carol', 'tenant-a');
    const principal = await signIn(await withKeys(), access);
    forgetSent();
    expect(await Promise.all([a, b, ''].map((id) => principal?.mayCopyInto(id)))).toEqual([
      true,
      false,
      false,
    ]);
    expect(sent).toEqual([]);
  });

  test('is unknown as soon as it was removed', async () => {
    const { access, remove } = await newEc2Key('alice', 'tenant-a');
    const identity = await withKeys();
    expect(await signIn(identity, access)).not.toBeNull();
    await remove();
    expect(await identity.accessKey?.(access)).toBeNull();
  });

  test.each([
    ['nothing', ''],
    ['an unknown name', 'no-such-key'],
    ['letters beyond ASCII', 'ключ'],
    ['a path', '../users'],
    ['an impossible length', 'x'.repeat(10_000)],
  ])('with %s is unknown', async (_what, access) => {
    expect(await (await withKeys()).accessKey?.(access)).toBeNull();
  });

  test('that is bound to access rules is refused, because the facade cannot enforce the rules', async () => {
    const token = await tokenOf('alice', 'tenant-a');
    const rules = [{ service: 'image', method: 'GET', path: '/v2/images' }];
    const bound = await newApplicationCredential(token, { access_rules: rules });
    const key = { access: randomUUID(), secret: randomUUID(), app_cred_id: bound.id };
    await keystone('POST', '/credentials', await tokenOf('admin', 'admin'), {
      credential: { type: 'ec2', user_id: bound.userId, project_id: a, blob: JSON.stringify(key) },
    });
    const found = await (await withKeys()).accessKey?.(key.access);
    expect(found?.secret).toBe(key.secret);
    expect(await found?.signIn()).toBeNull();
  });

  test('of a disabled user is refused each time, and accepted once the user is enabled again', async () => {
    const { id, name } = await newUser({ 'tenant-a': 'member' });
    const { access } = await newEc2Key(name, 'tenant-a');
    const identity = await withKeys();
    const admin = await tokenOf('admin', 'admin');
    await keystone('PATCH', `/users/${id}`, admin, { user: { enabled: false } });
    forgetSent();
    expect([await signIn(identity, access), await signIn(identity, access)]).toEqual([null, null]);
    const tokens = sent.filter(({ path }) => path === '/v3/ec2tokens').map(({ token }) => token);
    expect(tokens, "the account's own, which is good").toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
    await keystone('PATCH', `/users/${id}`, admin, { user: { enabled: true } });
    expect(await signIn(identity, access)).toMatchObject({ tenant_id: a });
  });
});

describe('a signed-in key', () => {
  test('is remembered for a minute, but its secret is asked for each time', async () => {
    const { access } = alice;
    vi.useFakeTimers({ toFake: ['Date'] });
    const identity = await withKeys();
    forgetSent();
    const principals = await Promise.all(Array.from({ length: 5 }, () => signIn(identity, access)));
    vi.setSystemTime(Date.now() + 59_000);
    principals.push(await signIn(identity, access));
    expect(new Set(principals.map((one) => one?.credential?.token)).size).toBe(1);
    expect(ec2SignIns()).toBe(1);
    expect(sent.filter(({ path }) => path.startsWith('/v3/credentials/'))).toHaveLength(6);
    vi.setSystemTime(Date.now() + 2000);
    expect(await signIn(identity, access)).toMatchObject({ tenant_id: a });
    expect(ec2SignIns()).toBe(2);
  });

  test('is not remembered past the end of its token, however long answers are kept', async () => {
    const { access } = alice;
    vi.useFakeTimers({ toFake: ['Date'] });
    const identity = await withKeys({ cacheFor: 86_400_000 });
    await signIn(identity, access);
    vi.setSystemTime(Date.now() + 3_590_000);
    expect(await signIn(identity, access)).not.toBeNull();
    expect(ec2SignIns()).toBe(1);
    vi.setSystemTime(Date.now() + 20_000);
    await signIn(identity, access);
    expect(ec2SignIns()).toBe(2);
  });
});

test('without an account to look them up, there are no access keys', async () => {
  const identity = await opened();
  expect(identity.accessKey).toBeUndefined();
  await identity.check();
});
