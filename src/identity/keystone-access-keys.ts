import type { Ec2Credentials, IssuedToken, Keystone } from '../openstack/index.ts';
import { askKeystone } from './ask-keystone.ts';
import { principalOf } from './keystone-principal.ts';
import type { AccessKey } from './port.ts';
import { cacheTokens } from './token-cache.ts';

interface AccessKeys {
  find(access: string): Promise<AccessKey | null>;
  /** Throws IdentityUnavailable if keys cannot be looked up, or if their owners cannot be signed in. */
  check(): Promise<void>;
}

/**
 * Returns a cloud's EC2 credentials as access keys. A secret is looked up for each request, and is not kept.
 * The result of a sign-in is cached.
 * @param cacheFor how long the result of a sign-in is kept; milliseconds
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
  const cached = cacheTokens<IssuedToken>(cacheFor);
  return {
    async find(access) {
      const key = await askKeystone((signal) => ec2.find(access, signal));
      if (key === null) return null;
      return {
        secret: key.secret,
        async signIn() {
          const name = JSON.stringify([access, key.secret]);
          const issued = await cached(name, () => askKeystone((signal) => ec2.signIn(key, signal)));
          return issued === null ? null : principalOf(keystone, issued);
        },
      };
    },
    async check() {
      // This key does not exist. Before Keystone says so, it checks whether the account may ask for keys.
      const nobody = { access: 'image-replicator-check', secret: 'none' };
      await askKeystone((signal) => ec2.find(nobody.access, signal));
      await askKeystone((signal) => ec2.signIn(nobody, signal));
    },
  };
}
