import { LRUCache } from 'lru-cache';
import type { TokenFacts } from '../openstack/index.ts';
import { sha256Of } from './sha256.ts';

const MAX_TOKENS = 1000;

/**
 * Returns the facts of a token; `null` if the token is not valid. Calls `ask` if the facts are not cached.
 * @param token a token, or a name that stands for it
 */
type TokenCache<Facts> = (token: string, ask: () => Promise<Facts | null>) => Promise<Facts | null>;

/**
 * Returns a cache for the facts of valid tokens. Its keys are the SHA-256 of the parameter `token`, and not
 * the token itself. Simultaneous calls for the same token share one call of `ask`.
 * @param cacheFor how long facts are kept, though not longer than their token is valid; milliseconds
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
    const key = sha256Of(token);
    const known = cached.get(key);
    if (known !== undefined && Date.now() < known.until) return known.facts;
    cached.delete(key);
    const pending = pendingByKey.get(key) ?? askAndCache(key, ask).finally(() => pendingByKey.delete(key));
    pendingByKey.set(key, pending);
    return pending;
  };
}
