import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Identity, IdentityUnavailable } from '../../src/identity/index.ts';
import { freePort } from '../support/free-port.ts';
import { signIn, withAccount, withKeys } from './access-keys-rig.ts';
import { cuttableKeystone } from './keystone-proxy.ts';
import {
  AUTH_URL,
  grantOnSystem,
  newApplicationCredential,
  newEc2Key,
  newUser,
  PASSWORD,
  revokeToken,
  tokenOf,
} from './keystone-rig.ts';
import { forgetSent, issued, sent } from './keystone-session-rig.ts';

let key: { readonly access: string; readonly secret: string };
beforeAll(async () => {
  key = await newEc2Key('alice', 'tenant-a');
});
beforeEach(forgetSent);
afterEach(() => void vi.unstubAllEnvs());

/** Returns the messages of the error and of its causes. Expects no secret in them. */
async function outage(call: Promise<unknown> | undefined, ...secrets: string[]): Promise<string> {
  const error: unknown = await call?.catch((thrown) => thrown);
  if (!(error instanceof IdentityUnavailable)) throw new Error(`no outage, but ${inspect(error)}`);
  const all = inspect(error, { depth: 20, showHidden: true });
  for (const secret of [PASSWORD, key.secret, ...secrets, ...issued]) expect(all).not.toContain(secret);
  return error.message;
}

async function expectUnfit(identity: Identity, problem: string): Promise<void> {
  expect(await outage(identity.check())).toBe(problem);
  expect(await outage(signIn(identity, key.access))).toBe(problem);
}

describe('the account that looks up access keys', () => {
  test('passes the check with a role on the system and one on its project', async () => {
    await (await withKeys()).check();
  });

  test('needs the role reader on the system', async () => {
    const { name } = await newUser({ service: 'service' });
    await expectUnfit(await withKeys({ username: name }), 'the account has no role on the system');
  });

  test('needs the role service on its project', async () => {
    const { id, name } = await newUser({ service: 'member' });
    await grantOnSystem(id, 'reader');
    const problem = 'the account may not check access keys: it needs the role service on its project';
    await expectUnfit(await withKeys({ username: name }), problem);
  });

  test('needs to be able to sign in', async () => {
    const problem = "Keystone does not accept the account's credential";
    await expectUnfit(await withKeys({ password: 'not-this-one' }), problem);
  });

  test('cannot be an application credential, which has no role on the system', async () => {
    const { id, secret } = await newApplicationCredential(await tokenOf('facade', 'service'));
    const auth = { auth_url: AUTH_URL, application_credential_id: id, application_credential_secret: secret };
    const identity = await withAccount({ auth });
    expect(await outage(identity.check(), secret)).toMatch(
      /application credential .* cannot be used for the system$/,
    );
  });

  test('has to be in clouds.yaml', async () => {
    const identity = await withAccount({});
    expect(await outage(identity.check())).toBe("the cloud's configuration cannot be used");
  });

  test('signs in again if its tokens were revoked', async () => {
    const identity = await withKeys({ cacheFor: 1 });
    await signIn(identity, key.access);
    for (const token of new Set(sent.flatMap(({ token }) => token ?? []))) await revokeToken(token);
    expect(await signIn(identity, key.access)).not.toBeNull();
  });
});

describe('while Keystone cannot be reached', () => {
  test('keys cannot be checked; afterwards they can be used again', async () => {
    const line = await cuttableKeystone();
    const identity = await withKeys({ authUrl: line.authUrl });
    const found = await identity.accessKey?.(key.access);
    line.cut();
    expect(await outage(identity.accessKey?.(key.access))).toBe('Keystone does not answer');
    expect(await outage(found?.signIn())).toBe('Keystone does not answer');
    await outage(identity.check());
    line.mend();
    expect(await found?.signIn()).not.toBeNull();
    await identity.check();
    await line.close();
  });

  test('keys cannot be checked, even if Keystone never answered before', async () => {
    const identity = await withKeys({ authUrl: `http://127.0.0.1:${await freePort()}/v3` });
    expect(await outage(identity.accessKey?.('access'))).toBe('Keystone does not answer');
  });
});
