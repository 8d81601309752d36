import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { TokenFacts } from '../openstack/index.ts';

const MAX_TOKENS = 1000;

/**
 * Returns the facts of a token; `null` if the token is not valid. Calls `ask` if the facts are not cached.
 * MAY also be called with a name that stands for a token.
 */
export type TokenCache<Facts> = (token: string, ask: () => Promise<Facts | null>) => Promise<Facts | null>;

/**
 * Returns a cache for the facts of valid tokens. It keeps facts for a while, but never longer than the token
 * is valid. It stores tokens as their SHA-256. It does not store that a token is not valid. Simultaneous
 * calls for the same token share one call of `ask`.
 * @param cacheFor how long facts are kept; milliseconds
 */
export function cacheTokens<Facts extends TokenFacts>(cacheFor: number): TokenCache<Facts> {
  const cached = new LRUCache<string, { readonly facts: Facts; readonly until: number }>({ max: MAX_TOKENS });
  const pendingByKey = new Map<string, Promise<Facts | null>>();

  const askAndCache = async (key: string, ask: () => Promise<Facts | null>): Promise<Facts | null> => {
    const askedAt = Date.now();
    const facts = await ask();
    if (facts === null || facts.expiresAt <= Date.now()) return null;
    cached.set(key, { facts, until: Math.min(askedAt + cacheFor, facts.expiresAt) });
    return facts;
  };
  return async (token, ask) => {
    const key = createHash('sha256').update(token).digest('base64');
    const known = cached.get(key);
    if (known !== undefined && Date.now() < known.until) return known.facts;
    cached.delete(key);
    const pending = pendingByKey.get(key) ?? askAndCache(key, ask).finally(() => pendingByKey.delete(key));
    pendingByKey.set(key, pending);
    return pending;
  };
}
