import {
  checkKeystone,
  type Keystone,
  OpenStackError,
  openAgent,
  rescope,
  revoke,
  type TokenFacts,
  validate,
} from '../openstack/index.ts';
import { type Identity, IdentityUnavailable } from './port.ts';
import { cacheTokens } from './token-cache.ts';

export interface KeystoneOptions {
  /** Ends in `/v3`. */
  readonly authUrl: string;
  readonly verify: boolean;
  /** PEM; `null`: the system's authorities. */
  readonly ca: string | null;
  /** How long a good token is taken for good without asking again; milliseconds. */
  readonly cacheFor: number;
}

/** What a tenant has to be to copy. @see https://docs.openstack.org/keystone/latest/admin/service-api-protection.html */
const ROLE = 'member';
/** Milliseconds. */
const PATIENCE = 10_000;
/** Longer than any token, and short enough for a server's header limits. What else there may be is no token. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/**
 * An OpenStack cloud's own users. Each token is validated by its own right, so that no service account is
 * needed; one that has no project is not good here.
 * @see https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
 */
export function keystoneIdentity({ authUrl, verify, ca, cacheFor }: KeystoneOptions): Identity {
  const keystone: Keystone = { authUrl, dispatcher: openAgent({ verify, ca }) };
  const factsOf = cacheTokens(cacheFor, (token) => asking((signal) => validate(keystone, token, signal)));
  const projectToken = async (token: string) => {
    const facts = TOKEN.test(token) ? await factsOf(token) : null;
    return facts?.projectId == null ? null : { ...facts, projectId: facts.projectId };
  };
  return {
    challenge: `Keystone uri="${authUrl.replace(/\/v3$/, '')}"`,
    async authenticate(token) {
      const facts = await projectToken(token);
      if (facts === null) return null;
      const { projectId, catalog } = facts;
      return { tenant_id: projectId, may_copy: isMember(facts), credential: { token, catalog } };
    },
    async mayCopyInto(token, tenantId) {
      const facts = await projectToken(token);
      if (facts === null) return false;
      if (facts.projectId === tenantId) return true;
      // Keystone refuses to rescope these; it is not to depend on its configuration.
      if (facts.delegated) return false;
      const there = await asking((signal) => rescope(keystone, token, tenantId, signal));
      if (there === null) return false;
      await asking((signal) => revoke(keystone, there.token, signal)).catch(() => {
        // It ends when the caller's own does.
      });
      return there.projectId === tenantId && isMember(there);
    },
    check: () => asking((signal) => checkKeystone(keystone, signal)),
  };
}

function isMember({ roles }: TokenFacts): boolean {
  return roles.includes(ROLE);
}

async function asking<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    return await call(signal);
  } catch (cause) {
    if (cause instanceof OpenStackError) throw new IdentityUnavailable(cause.message, { cause });
    if (!signal.aborted) throw cause;
    throw new IdentityUnavailable(`Keystone has not answered for ${PATIENCE / 1000} s`, { cause });
  }
}
