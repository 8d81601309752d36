import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { TokenFacts } from '../openstack/index.ts';

const MAX_TOKENS = 1000;

/** What is known of a token, or of what stands for one; `ask` finds out where it is not known. */
export type TokenCache<Facts> = (token: string, ask: () => Promise<Facts | null>) => Promise<Facts | null>;

/**
 * Remembers what good tokens are good for: for a time, and never past a token's own end. Tokens are kept as
 * their SHA-256, failures not at all, and those who ask for the same token at the same time ask once.
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
