import type { Ec2Credentials, IssuedToken, Keystone } from '../openstack/index.ts';
import { asking } from './keystone-asking.ts';
import { principalOf } from './keystone-principal.ts';
import type { AccessKey } from './port.ts';
import { cacheTokens } from './token-cache.ts';

interface AccessKeys {
  find(access: string): Promise<AccessKey | null>;
  /** Throws IdentityUnavailable where no key can be looked up, or nobody signed in. */
  check(): Promise<void>;
}

/**
 * EC2 credentials as access keys. Their secrets are asked for with each request, and not kept; who has signed
 * in is known for a time, as the owners of tokens are.
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
      // Keystone tells who may not ask before it tells that there is no such key.
      const nobody = { access: 'image-replicator-check', secret: 'none' };
      await asking((signal) => ec2.find(nobody.access, signal));
      await asking((signal) => ec2.signIn(nobody, signal));
    },
  };
}
