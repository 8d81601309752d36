import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { IdentityUnavailable, tokenFile } from '../../src/identity/index.ts';

const SECRET = 'a-secret-that-is-long-enough';
const KEY = { access: 'access-a', secret: SECRET, tenant_id: 'tenant-a', destination_tenants: ['tenant-b'] };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-keys-'));
  path = join(folder, 'tokens.yaml');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function identityOf(contents: unknown, mode = 0o600) {
  await writeFile(path, typeof contents === 'string' ? contents : stringify(contents));
  await chmod(path, mode);
  return tokenFile(path);
}

/** Loads a file that cannot be used. Returns the error, and checks that it quotes nothing of the contents. */
async function refusal(contents: unknown, mode?: number): Promise<IdentityUnavailable> {
  const identity = await identityOf(contents, mode);
  const error: unknown = await identity.accessKey?.('access-a').catch((thrown) => thrown);
  if (!(error instanceof IdentityUnavailable)) throw new Error(`not refused, but ${inspect(error)}`);
  await expect(identity.check()).rejects.toThrow(IdentityUnavailable);
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('a-secret');
  return error;
}

test('an access key has a secret, and its requests act for its tenant', async () => {
  const key = await (await identityOf({ access_keys: [KEY] })).accessKey?.('access-a');
  expect(key?.secret).toBe(SECRET);
  const principal = await key?.signIn();
  expect(principal).toMatchObject({ tenant_id: 'tenant-a', may_copy: true });
  const into = ['tenant-a', 'tenant-b', 'tenant-c'].map((tenant) => principal?.mayCopyInto(tenant));
  expect(await Promise.all(into)).toEqual([true, true, false]);
});

test('a key without further tenants may copy only into its own tenant', async () => {
  const { destination_tenants: _none, ...key } = KEY;
  const found = await (await identityOf({ access_keys: [key] })).accessKey?.('access-a');
  const principal = await found?.signIn();
  const into = ['tenant-a', 'tenant-b'].map((tenant) => principal?.mayCopyInto(tenant));
  expect(await Promise.all(into)).toEqual([true, false]);
});

test.each(['access-b', '', 'constructor', '__proto__', SECRET])(
  'a file with another key has no key %j',
  async (access) => {
    const identity = await identityOf({ access_keys: [KEY] });
    expect(await identity.accessKey?.(access)).toBeNull();
  },
);

test('neither the name nor the secret of a key is accepted as a token', async () => {
  const identity = await identityOf({ access_keys: [KEY] });
  expect(await identity.authenticate('access-a')).toBeNull();
  expect(await identity.authenticate(SECRET)).toBeNull();
});

test('a key that was added or removed counts from the next request on', async () => {
  const identity = await identityOf({ tokens: [] });
  expect(await identity.accessKey?.('access-a')).toBeNull();
  await identityOf({ access_keys: [KEY] });
  expect(await identity.accessKey?.('access-a')).not.toBeNull();
  await identityOf({ access_keys: [] });
  expect(await identity.accessKey?.('access-a')).toBeNull();
});

test('a file with secrets that everybody may read is not used', async () => {
  expect((await refusal({ access_keys: [KEY] }, 0o644)).message).toMatch(
    /tokens\.yaml cannot be used: access_keys holds secrets, and everybody may read the file: run chmod o-r/,
  );
  await (await identityOf({ access_keys: [KEY] }, 0o640)).check();
  await (await identityOf({ tokens: [], access_keys: [] }, 0o644)).check();
});

test('the file is no longer used once its mode lets everybody read it', async () => {
  const identity = await identityOf({ access_keys: [KEY] });
  await identity.check();
  await chmod(path, 0o604);
  await expect(identity.check()).rejects.toThrow(IdentityUnavailable);
});

test.each<[string, unknown]>([
  ['is not YAML', `access_keys: [{ access: access-a, secret: ${SECRET}`],
  ['has a key twice in a mapping', `access_keys: [{ secret: ${SECRET}, secret: ${SECRET} }]`],
  ['is empty', {}],
  ['has a key without a secret', { access_keys: [{ access: 'access-a', tenant_id: 'tenant-a' }] }],
  ['has a secret that can be guessed', { access_keys: [{ ...KEY, secret: 'a-secret' }] }],
  ['has a key without a tenant', { access_keys: [{ access: 'access-a', secret: SECRET }] }],
  ['has a name that is not allowed in a header', { access_keys: [{ ...KEY, access: 'a/secret, b' }] }],
  ['has an unknown key', { access_keys: [{ ...KEY, secert: SECRET }] }],
])('if a file %s, no key can be checked, and the error does not quote the file', async (_what, contents) => {
  await refusal(contents);
});
