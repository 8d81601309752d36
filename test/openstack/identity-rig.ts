import { type Identity, openIdentity } from '../../src/identity/index.ts';
import { AUTH_URL } from './keystone-rig.ts';

/** Opens the identity of a Keystone. */
export function opened(
  authUrl = AUTH_URL,
  cacheFor = 60_000,
  cloud: string | null = null,
): Promise<Identity> {
  return openIdentity({ driver: 'keystone', authUrl, verify: true, cacert: null, cacheFor, cloud });
}

/** Tells whether the owner of a token may copy into a project. */
export async function mayCopyInto(identity: Identity, token: string, projectId: string): Promise<boolean> {
  return (await identity.authenticate(token))?.mayCopyInto(projectId) ?? false;
}
