import { openAgent } from '../http/index.ts';
import {
  checkKeystone,
  type Ec2Credentials,
  type Keystone,
  type TokenFacts,
  validate,
} from '../openstack/index.ts';
import { askKeystone } from './ask-keystone.ts';
import { accessKeys } from './keystone-access-keys.ts';
import { principalOf } from './keystone-principal.ts';
import type { Identity } from './port.ts';
import { cacheTokens } from './token-cache.ts';

/** How a Keystone is reached, and for how long its answers are kept. */
interface KeystoneOptions {
  /** The address of Keystone, which ends in `/v3`. */
  readonly authUrl: string;
  readonly verify: boolean;
  /** The certificate authorities to trust, as PEM; `null` for those of the system. */
  readonly ca: string | null;
  /** How long a token counts as valid after Keystone has validated it; milliseconds. */
  readonly cacheFor: number;
  /** Looks up access keys; `null` if nobody may sign requests. */
  readonly ec2: Ec2Credentials | null;
}

/** Matches every text that can be a token. Keystone is not asked about any other text. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/**
 * Returns the identity of an OpenStack cloud's Keystone. Each token is validated with the token itself, so
 * that no service account is needed. A token without a project is refused.
 * @see https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
 */
export function keystoneIdentity({ authUrl, verify, ca, cacheFor, ec2 }: KeystoneOptions): Identity {
  const keystone: Keystone = { authUrl, dispatcher: openAgent({ verify, ca }) };
  const cached = cacheTokens<TokenFacts>(cacheFor);
  const keys = ec2 === null ? null : accessKeys({ keystone, ec2, cacheFor });
  return {
    challenge: `Keystone uri="${authUrl.replace(/\/v3$/, '')}"`,
    async authenticate(token) {
      if (!TOKEN.test(token)) return null;
      const facts = await cached(token, () => askKeystone((signal) => validate(keystone, token, signal)));
      return facts === null ? null : principalOf(keystone, { ...facts, token });
    },
    ...(keys !== null && { accessKey: keys.find }),
    async check() {
      await askKeystone((signal) => checkKeystone(keystone, signal));
      await keys?.check();
    },
  };
}
