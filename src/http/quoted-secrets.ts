import { proxyCredentials } from './agent.ts';

/**
 * Returns a server's words with `(secret)` in place of each of the secrets, and in place of the credentials
 * for the environment's proxies.
 */
export function withoutSecrets(words: string, secrets: readonly string[]): string {
  const all = [...secrets, ...proxyCredentials(process.env)];
  return all.reduce((rest, secret) => rest.replaceAll(secret, '(secret)'), words);
}
