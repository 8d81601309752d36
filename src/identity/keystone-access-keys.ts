import type { Ec2Credentials, IssuedToken, Keystone } from '../openstack/index.ts';
import { asking } from './keystone-asking.ts';
import { principalOf } from './keystone-principal.ts';
import type { AccessKey } from './port.ts';
import { cacheTokens } from './token-cache.ts';

interface AccessKeys {
  find(access: string): Promise<AccessKey | null>;
  /** Throws IdentityUnavailable if no key can be looked up, or if nobody can be signed in. */
  check(): Promise<void>;
}

/**
 * Returns a cloud's EC2 credentials as access keys. A secret is looked up for each request and not kept. The
 * owner who has signed in is remembered for a while, as the owners of tokens are.
 * @param cacheFor milliseconds
 */
export function accessKeys({
  keystone,
  ec2,
  cacheFor,
}: {
  readonly keystone: Keystone;
  readonly ec2: Ec2Credentials;
  readonly cacheFor: number;
}): AccessKeys {
  const known = cacheTokens<IssuedToken>(cacheFor);
  return {
    async find(access) {
      const key = await asking((signal) => ec2.find(access, signal));
      if (key === null) return null;
      return {
        secret: key.secret,
        async signIn() {
          const name = JSON.stringify([access, key.secret]);
          const issued = await known(name, () => asking((signal) => ec2.signIn(key, signal)));
          return issued === null ? null : principalOf(keystone, issued);
        },
      };
    },
    async check() {
      // Keystone refuses those who may not ask before it looks for the key, so a key that does not exist will
      // do.
      const nobody = { access: 'image-replicator-check', secret: 'none' };
      await asking((signal) => ec2.find(nobody.access, signal));
      await asking((signal) => ec2.signIn(nobody, signal));
    },
  };
}
