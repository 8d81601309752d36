import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { TokenFacts } from '../openstack/index.ts';

const MAX_TOKENS = 1000;

/**
 * Returns the facts of a token, or of a name that stands for one; `null` if it is not good. Calls `ask` if
 * the facts are not known yet.
 */
export type TokenCache<Facts> = (token: string, ask: () => Promise<Facts | null>) => Promise<Facts | null>;

/**
 * Makes a cache of the facts of good tokens. It keeps them for a while, never past the end of the token
 * itself. It keeps a token as its SHA-256, and no failures. Callers who ask for one token at one time share a
 * question.
 * @param cacheFor milliseconds
 */
export function cacheTokens<Facts extends TokenFacts>(cacheFor: number): TokenCache<Facts> {
  const good = new LRUCache<string, { readonly facts: Facts; readonly until: number }>({ max: MAX_TOKENS });
  const asked = new Map<string, Promise<Facts | null>>();

  const remembered = async (key: string, ask: () => Promise<Facts | null>): Promise<Facts | null> => {
    const askedAt = Date.now();
    const facts = await ask();
    if (facts === null || facts.expiresAt <= Date.now()) return null;
    good.set(key, { facts, until: Math.min(askedAt + cacheFor, facts.expiresAt) });
    return facts;
  };
  return async (token, ask) => {
    const key = createHash('sha256').update(token).digest('base64');
    const known = good.get(key);
    if (known !== undefined && Date.now() < known.until) return known.facts;
    good.delete(key);
    const pending = asked.get(key) ?? remembered(key, ask).finally(() => asked.delete(key));
    asked.set(key, pending);
    return pending;
  };
}
