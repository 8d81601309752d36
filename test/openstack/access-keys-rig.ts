import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import type { Identity, Principal } from '../../src/identity/index.ts';
import { opened } from './identity-rig.ts';
import { AUTH_URL, PASSWORD } from './keystone-rig.ts';

/**
 * Opens an identity that looks up access keys as a user of the cloud, by default as the user of the facade.
 */
export function withKeys({
  username = 'facade',
  password = PASSWORD,
  authUrl = AUTH_URL,
  cacheFor = 60_000,
} = {}): Promise<Identity> {
  const domains = { user_domain_id: 'default', project_domain_id: 'default' };
  const auth = { auth_url: authUrl, username, password, project_name: 'service', ...domains };
  return withAccount({ auth }, authUrl, cacheFor);
}

/** Opens an identity that looks up access keys with the account of an entry of `clouds.yaml`. */
export function withAccount(cloud: object, authUrl = AUTH_URL, cacheFor = 60_000): Promise<Identity> {
  const folder = mkdtempSync(join(tmpdir(), 'image-replicator-facade-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'clouds.yaml');
  writeFileSync(file, stringify({ clouds: { facade: cloud } }));
  vi.stubEnv('OS_CLIENT_CONFIG_FILE', file);
  return opened(authUrl, cacheFor, 'facade');
}

/** Signs in the owner of a key, as the facade does once the key's signature has proved to be good. */
export async function signIn(identity: Identity, access: string): Promise<Principal | null> {
  const key = await identity.accessKey?.(access);
  return (await key?.signIn()) ?? null;
}
