import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { TokenFacts } from '../openstack/index.ts';

const MOST_TOKENS = 1000;

/**
 * Remembers what good tokens are good for: for a time, and never past a token's own end. Tokens are kept as
 * their SHA-256, failures not at all, and those who ask for the same token at the same time ask once.
 * @param cacheFor milliseconds
 */
export function cacheTokens(
  cacheFor: number,
  validate: (token: string) => Promise<TokenFacts | null>,
): (token: string) => Promise<TokenFacts | null> {
  const good = new LRUCache<string, { readonly facts: TokenFacts; readonly until: number }>({
    max: MOST_TOKENS,
  });
  const asked = new Map<string, Promise<TokenFacts | null>>();

  const ask = async (token: string, key: string): Promise<TokenFacts | null> => {
    const askedAt = Date.now();
    const facts = await validate(token);
    if (facts === null || facts.expiresAt <= Date.now()) return null;
    good.set(key, { facts, until: Math.min(askedAt + cacheFor, facts.expiresAt) });
    return facts;
  };
  return async (token) => {
    const key = createHash('sha256').update(token).digest('base64');
    const known = good.get(key);
    if (known !== undefined && Date.now() < known.until) return known.facts;
    good.delete(key);
    const pending = asked.get(key) ?? ask(token, key).finally(() => asked.delete(key));
    asked.set(key, pending);
    return pending;
  };
}
