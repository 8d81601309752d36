import { readFile } from 'node:fs/promises';
import type { IdentityConfig } from '../config/index.ts';
import { openEc2Credentials } from '../openstack/index.ts';
import { keystoneIdentity } from './keystone.ts';
import { type Identity, IdentityUnavailable } from './port.ts';
import { tokenFile } from './token-file.ts';

/**
 * Returns the configured `Identity`, which signs callers in. Connects to no server yet.
 * @throws IdentityUnavailable if the file of certificate authorities cannot be read
 */
export async function openIdentity(config: IdentityConfig): Promise<Identity> {
  if (config.driver === 'token-file') return tokenFile(config.path);
  const { cacert, cloud, ...options } = config;
  return keystoneIdentity({
    ...options,
    ca: cacert === null ? null : await authorities(cacert),
    ec2: cloud === null ? null : openEc2Credentials({ cloud }),
  });
}

function authorities(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new IdentityUnavailable(`identity.cacert: ${path} cannot be read (${cause.code})`, { cause });
  });
}
