import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Identity, IdentityUnavailable, tokenFile } from '../../src/identity/index.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-tokens-'));
  path = join(folder, 'tokens.yaml');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function entry(token: string, tenant: string, destinations?: string[]) {
  const sha256 = createHash('sha256').update(token).digest('hex');
  return { sha256, tenant_id: tenant, ...(destinations && { destination_tenants: destinations }) };
}

const mayCopyInto = async (identity: Identity, token: string, tenant: string) =>
  (await identity.authenticate(token))?.mayCopyInto(tenant) ?? false;

const write = (...tokens: unknown[]) => writeFile(path, stringify({ tokens }));

test('a token is found by its hash, and belongs to its tenant', async () => {
  await write(entry('token-a', 'tenant-a'), entry('token-b', 'tenant-b'));
  const identity = tokenFile(path);
  expect(await identity.authenticate('token-a')).toMatchObject({ tenant_id: 'tenant-a', may_copy: true });
  expect(await identity.authenticate('token-b')).toMatchObject({ tenant_id: 'tenant-b', may_copy: true });
});

test('a token that is not in the file is refused', async () => {
  await write(entry('token-a', 'tenant-a'));
  const identity = tokenFile(path);
  expect(await identity.authenticate('token-c')).toBeNull();
  expect(await identity.authenticate('')).toBeNull();
});

test('a hash from the token file is not accepted as a token', async () => {
  const { sha256, ...rest } = entry('token-a', 'tenant-a');
  await write({ sha256, ...rest });
  expect(await tokenFile(path).authenticate(sha256)).toBeNull();
});

test('a tenant may copy into its own tenant and into those that its entry names', async () => {
  await write(entry('token-a', 'tenant-a', ['tenant-b']), entry('token-b', 'tenant-b'));
  const identity = tokenFile(path);
  expect(await mayCopyInto(identity, 'token-a', 'tenant-a')).toBe(true);
  expect(await mayCopyInto(identity, 'token-a', 'tenant-b')).toBe(true);
  expect(await mayCopyInto(identity, 'token-a', 'tenant-c')).toBe(false);
  expect(await mayCopyInto(identity, 'token-b', 'tenant-a')).toBe(false);
});

test('the holder of an unknown token may copy into no tenant', async () => {
  await write(entry('token-a', 'tenant-a', ['tenant-b']));
  expect(await mayCopyInto(tokenFile(path), 'token-c', 'tenant-a')).toBe(false);
});

test('a token that was added or removed counts from the next request on', async () => {
  await write(entry('token-a', 'tenant-a'));
  const identity = tokenFile(path);
  expect(await identity.authenticate('token-b')).toBeNull();
  await write(entry('token-a', 'tenant-a'), entry('token-b', 'tenant-b'));
  expect(await identity.authenticate('token-b')).toMatchObject({ tenant_id: 'tenant-b', may_copy: true });
  await write(entry('token-b', 'tenant-b'));
  expect(await identity.authenticate('token-a')).toBeNull();
});

test('a new file of the same size and time is read when it replaces the old one', async () => {
  await write(entry('token-a', 'tenant-a'));
  const moment = new Date('2026-01-02T03:04:05Z');
  await utimes(path, moment, moment);
  const identity = tokenFile(path);
  await identity.check();
  await writeFile(`${path}.new`, stringify({ tokens: [entry('token-b', 'tenant-b')] }));
  await utimes(`${path}.new`, moment, moment);
  await rename(`${path}.new`, path);
  expect(await identity.authenticate('token-b')).toMatchObject({ tenant_id: 'tenant-b', may_copy: true });
  expect(await identity.authenticate('token-a')).toBeNull();
});

test.each<[string, string]>([
  ['is not YAML', 'tokens: ['],
  ['is empty', ''],
  ['has no tokens', 'token: []'],
  ['has a token in clear', 'tokens: [{ sha256: token-a, tenant_id: tenant-a }]'],
  ['has a token without a tenant', `tokens: [{ sha256: ${'0'.repeat(64)} }]`],
  ['has an unknown key', `tokens: [{ sha256: ${'0'.repeat(64)}, tenant_id: a, tenant: b }]`],
])('if a file %s, no token can be checked', async (_what, text) => {
  await writeFile(path, text);
  const identity = tokenFile(path);
  await expect(identity.authenticate('token-a')).rejects.toThrow(IdentityUnavailable);
  await expect(identity.accessKey?.('access-a')).rejects.toThrow(IdentityUnavailable);
  await expect(identity.check()).rejects.toThrow(IdentityUnavailable);
});

test('if the file is missing, no token can be checked', async () => {
  await expect(tokenFile(path).authenticate('token-a')).rejects.toThrow(IdentityUnavailable);
});

test('while a file is broken, its earlier contents do not count; once it is mended, it counts again', async () => {
  await write(entry('token-a', 'tenant-a'));
  const identity = tokenFile(path);
  expect(await identity.authenticate('token-a')).not.toBeNull();
  await writeFile(path, 'tokens: [');
  await expect(identity.authenticate('token-a')).rejects.toThrow(IdentityUnavailable);
  await write(entry('token-a', 'tenant-a'), entry('token-b', 'tenant-b'));
  expect(await identity.authenticate('token-a')).toMatchObject({ tenant_id: 'tenant-a', may_copy: true });
  await expect(identity.check()).resolves.toBeUndefined();
});

test.each([0o620, 0o602])(
  'a file with the mode %o is refused, because others could add tokens',
  async (mode) => {
    await write(entry('token-a', 'tenant-a'));
    await chmod(path, mode);
    await expect(tokenFile(path).authenticate('token-a')).rejects.toThrow(IdentityUnavailable);
    await chmod(path, 0o644);
    expect(await tokenFile(path).authenticate('token-a')).not.toBeNull();
  },
);

test.each([0o440, 0o644])('a token file that Kubernetes mounts with mode %o can be used', async (mode) => {
  // The file is a link into a folder of its version, which is a link too. A change replaces the second link.
  const mount = async (version: string, token: string) => {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'tokens.yaml'), stringify({ tokens: [entry(token, 'tenant-a')] }));
    await chmod(join(folder, version, 'tokens.yaml'), mode);
    await symlink(version, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await mount('..1', 'first');
  await symlink('..data/tokens.yaml', path);
  const identity = tokenFile(path);
  expect(await identity.authenticate('first')).not.toBeNull();
  await mount('..2', 'second');
  expect(await identity.authenticate('first')).toBeNull();
  expect(await identity.authenticate('second')).not.toBeNull();
});
