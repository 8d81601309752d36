import { openAgent } from '../http/index.ts';
import {
  checkKeystone,
  type Ec2Credentials,
  type Keystone,
  type TokenFacts,
  validate,
} from '../openstack/index.ts';
import { accessKeys } from './keystone-access-keys.ts';
import { asking } from './keystone-asking.ts';
import { principalOf } from './keystone-principal.ts';
import type { Identity } from './port.ts';
import { cacheTokens } from './token-cache.ts';

export interface KeystoneOptions {
  /** Ends in `/v3`. */
  readonly authUrl: string;
  readonly verify: boolean;
  /** PEM; `null`: the system's authorities. */
  readonly ca: string | null;
  /** How long a good token is taken for good without asking again; milliseconds. */
  readonly cacheFor: number;
  /** `null`: nobody can sign requests. */
  readonly ec2: Ec2Credentials | null;
}

/**
 * Longer than any token, and short enough for a server's header limits. What else there may be is no token.
 */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/**
 * An OpenStack cloud's own users. Each token is validated by its own right, so that no service account is
 * needed for it; one that has no project is not good here.
 * @see https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
 */
export function keystoneIdentity({ authUrl, verify, ca, cacheFor, ec2 }: KeystoneOptions): Identity {
  const keystone: Keystone = { authUrl, dispatcher: openAgent({ verify, ca }) };
  const known = cacheTokens<TokenFacts>(cacheFor);
  const keys = ec2 === null ? null : accessKeys({ keystone, ec2, cacheFor });
  return {
    challenge: `Keystone uri="${authUrl.replace(/\/v3$/, '')}"`,
    async authenticate(token) {
      if (!TOKEN.test(token)) return null;
      const facts = await known(token, () => asking((signal) => validate(keystone, token, signal)));
      return facts === null ? null : principalOf(keystone, { ...facts, token });
    },
    ...(keys !== null && { accessKey: keys.find }),
    async check() {
      await asking((signal) => checkKeystone(keystone, signal));
      await keys?.check();
    },
  };
}
