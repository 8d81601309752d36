import { LRUCache } from 'lru-cache';
import type { Cloud, Credential } from './cloud.ts';
import { OpenStackError } from './errors.ts';
import { type Keystone, signIn } from './keystone.ts';
import type { IssuedToken } from './token.ts';

/** The scope of a token: a project (`null` for the account's own), or the cloud as a whole. */
export type Scope = { readonly project: string | null } | { readonly system: 'all' };

/** The tokens of an account, one for each scope in which it works. */
export interface Tokens {
  /**
   * Returns a valid token. Signs in if there is none yet, or if it expires soon.
   * @throws OpenStackError `forbidden`, `unauthorized`, `unreachable`, `misconfigured`
   */
  tokenFor(scope: Scope): Promise<IssuedToken>;
  /** Forgets a token that was refused, unless it has been replaced already. */
  drop(scope: Scope, refused: IssuedToken): void;
}

interface Slot {
  token: IssuedToken | null;
  /** The sign-in that is under way, shared by all who wait for it. */
  renewal: Promise<IssuedToken> | null;
}

const MAX_SCOPES = 500;
/**
 * A token is replaced when it has less time left than this (in milliseconds), or than a quarter of its
 * lifetime if that is shorter.
 */
const MIN_REMAINING = 120_000;
const OWN_PROJECT: Scope = { project: null };

/** Returns the tokens of an account, without signing in yet. */
export function createTokens(keystone: Keystone, account: Cloud): Tokens {
  const slots = new LRUCache<string, Slot>({ max: MAX_SCOPES });
  const keyOf = (scope: Scope) => JSON.stringify(scopeOf(account, scope));

  const slotOf = (key: string): Slot => {
    const found = slots.get(key) ?? { token: null, renewal: null };
    slots.set(key, found);
    return found;
  };
  const currentToken = async (scope: Scope): Promise<IssuedToken> => {
    const slot = slotOf(keyOf(scope));
    if (slot.token !== null && !isDue(slot.token)) return slot.token;
    slot.renewal ??= renew(slot, scope).finally(() => {
      slot.renewal = null;
    });
    return slot.renewal;
  };
  const renew = async (slot: Slot, scope: Scope): Promise<IssuedToken> => {
    const old = slot.token;
    try {
      slot.token = await freshToken(keystone, account, scope);
      return slot.token;
    } catch (error) {
      // While Keystone does not answer, the old token serves until it expires, unless `drop` has removed it.
      const isAway = error instanceof OpenStackError && error.kind === 'unreachable';
      if (isAway && slot.token === old && old !== null && Date.now() < old.expiresAt) return old;
      if (slots.peek(keyOf(scope)) === slot) slots.delete(keyOf(scope));
      throw error;
    }
  };

  return {
    async tokenFor(scope) {
      const token = await currentToken(scope);
      const isOwn = 'project' in scope && (scope.project ?? token.projectId) === token.projectId;
      if (!isApplication(account) || isOwn) return token;
      const why = `the account's application credential is of project ${token.projectId}`;
      const wanted = 'system' in scope ? 'the system' : `project ${scope.project}`;
      throw new OpenStackError('forbidden', `${why}, and cannot be used for ${wanted}`);
    },
    drop(scope, refused) {
      const slot = slots.peek(keyOf(scope));
      if (slot?.token?.token === refused.token) slot.token = null;
    },
  };
}

function isApplication({ credential }: Cloud): boolean {
  return credential.method === 'application_credential';
}

/** Returns the scope to sign in with. An application credential can sign in only to its own project. */
function scopeOf(account: Cloud, scope: Scope): Scope {
  return isApplication(account) ? OWN_PROJECT : scope;
}

/**
 * Signs in for a scope.
 * @throws OpenStackError `unauthorized`, or `forbidden` if the account has no role in the scope
 */
async function freshToken(keystone: Keystone, account: Cloud, scope: Scope): Promise<IssuedToken> {
  const startedAt = Date.now();
  const token = await signInTo(keystone, account, scope);
  // The expiry is computed by our own clock, because Keystone's clock may differ.
  if (token !== null) return { ...token, expiresAt: startedAt + token.lifetime };
  // Keystone gives the same answer to a wrong password and to a scope without a role. A sign-in to the
  // account's own project tells which of the two it is.
  const asked = scopeOf(account, scope);
  const isOwn = 'project' in asked && asked.project === null;
  if (isOwn || (await signInTo(keystone, account, OWN_PROJECT)) === null) {
    throw new OpenStackError('unauthorized', "Keystone does not accept the account's credential");
  }
  const where = 'system' in scope ? 'on the system' : `in project ${scope.project}`;
  throw new OpenStackError('forbidden', `the account has no role ${where}`);
}

async function signInTo(keystone: Keystone, account: Cloud, scope: Scope): Promise<IssuedToken | null> {
  const wanted = isApplication(account) ? null : wantedScope(scope, account.project);
  const identity = identityOf(account.credential);
  return signIn(keystone, { identity, ...(wanted !== null && { scope: wanted }) });
}

function wantedScope(scope: Scope, own: Cloud['project']): object | null {
  if ('system' in scope) return { system: { all: true } };
  if (scope.project !== null) return { project: { id: scope.project } };
  return own === null ? null : { project: own };
}

function isDue({ expiresAt, lifetime }: IssuedToken): boolean {
  return Date.now() >= expiresAt - Math.min(MIN_REMAINING, lifetime / 4);
}

/** @see https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management */
function identityOf(credential: Credential): object {
  if (credential.method === 'password') {
    const { user, password } = credential;
    return { methods: ['password'], password: { user: { ...user, password } } };
  }
  const { method, ...application_credential } = credential;
  return { methods: [method], application_credential };
}
