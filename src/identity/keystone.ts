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
  /** The address of Keystone, which ends in `/v3`. */
  readonly authUrl: string;
  readonly verify: boolean;
  /** The authorities to trust, as PEM; `null` for the system's own. */
  readonly ca: string | null;
  /**
   * How long a token that Keystone has found good counts as good without being checked again; milliseconds.
   */
  readonly cacheFor: number;
  /** Looks up access keys; `null` if nobody may sign requests. */
  readonly ec2: Ec2Credentials | null;
}

/**
 * This pattern allows more than any real token has, and fits into a server's limits for headers. Any other
 * text is no token, and Keystone is not asked about it.
 */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/**
 * Opens an OpenStack cloud's Keystone as an identity. Each token is validated with the token itself, so that
 * no service account is needed. A token that is for no project is not good here.
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
