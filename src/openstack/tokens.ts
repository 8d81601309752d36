import { LRUCache } from 'lru-cache';
import type { Cloud, Credential } from './cloud.ts';
import { OpenStackError } from './errors.ts';
import { type Keystone, signIn } from './keystone.ts';
import type { IssuedToken } from './token.ts';

/** The copier's own tokens, one for each project that it works for. */
export interface Tokens {
  /**
   * A token that is good for a while yet. `null`: for the cloud's own project.
   * @throws OpenStackError `forbidden`, `unauthorized`, `unreachable`, `misconfigured`
   */
  tokenFor(projectId: string | null): Promise<IssuedToken>;
  /** Forgets a token that was refused, unless another one has taken its place. */
  drop(projectId: string | null, refused: IssuedToken): void;
}

interface Slot {
  token: IssuedToken | null;
  /** One sign-in, for all who wait for it. */
  renewal: Promise<IssuedToken> | null;
}

const MOST_PROJECTS = 500;
/** Milliseconds before its end at which a token is not handed out any more; less for short ones. */
const RESERVE = 120_000;

export function createTokens(keystone: Keystone, { credential, project }: Cloud): Tokens {
  const slots = new LRUCache<string, Slot>({ max: MOST_PROJECTS });
  const isApplication = credential.method === 'application_credential';
  // An application credential has the same token for everybody.
  const keyOf = (projectId: string | null) => (isApplication ? '' : (projectId ?? ''));

  const slotOf = (key: string): Slot => {
    const found = slots.get(key) ?? { token: null, renewal: null };
    slots.set(key, found);
    return found;
  };
  const held = async (key: string): Promise<IssuedToken> => {
    const slot = slotOf(key);
    if (slot.token !== null && !isDue(slot.token)) return slot.token;
    slot.renewal ??= renewed(slot, key).finally(() => {
      slot.renewal = null;
    });
    return slot.renewal;
  };
  const renewed = async (slot: Slot, key: string): Promise<IssuedToken> => {
    const old = slot.token;
    try {
      slot.token = await freshToken(key);
      return slot.token;
    } catch (error) {
      const isAway = error instanceof OpenStackError && error.kind === 'unreachable';
      if (isAway && slot.token === old && old !== null && Date.now() < old.expiresAt) return old;
      if (slots.peek(key) === slot) slots.delete(key);
      throw error;
    }
  };
  const signInTo = (scope: Cloud['project']) =>
    signIn(keystone, {
      identity: identityOf(credential),
      ...(scope !== null && { scope: { project: scope } }),
    });
  const freshToken = async (key: string): Promise<IssuedToken> => {
    const startedAt = Date.now();
    const token = await signInTo(key === '' ? project : { id: key });
    // By our own clock, whatever Keystone's says.
    if (token !== null) return { ...token, expiresAt: startedAt + token.lifetime };
    // Keystone says the same to a wrong password as to a project that is not the copier's.
    if (key === '' || (await signInTo(project)) === null) {
      throw new OpenStackError('unauthorized', "Keystone does not accept the copier's credential");
    }
    throw new OpenStackError('forbidden', `the copier has no role in project ${key}`);
  };

  return {
    async tokenFor(projectId) {
      const token = await held(keyOf(projectId));
      if (!isApplication || projectId === null || token.projectId === projectId) return token;
      const why = `the copier's application credential is of project ${token.projectId}`;
      throw new OpenStackError('forbidden', `${why}, and serves no other: not project ${projectId}`);
    },
    drop(projectId, refused) {
      const slot = slots.peek(keyOf(projectId));
      if (slot?.token?.token === refused.token) slot.token = null;
    },
  };
}

function isDue({ expiresAt, lifetime }: IssuedToken): boolean {
  return Date.now() >= expiresAt - Math.min(RESERVE, lifetime / 4);
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
