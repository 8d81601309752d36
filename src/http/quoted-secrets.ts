import { proxyCredentials } from './agent.ts';

/**
 * Returns the words of a server with `(secret)` in the place of each secret in them, and of what the proxies
 * of the environment are sent.
 */
export function withoutSecrets(words: string, secrets: readonly string[]): string {
  const all = [...secrets, ...proxyCredentials(process.env)];
  return all.reduce((rest, secret) => rest.replaceAll(secret, '(secret)'), words);
}
