import { proxyCredentials } from './agent.ts';

/**
 * Returns a server's words with each secret replaced by `(secret)`. The credentials for the environment's
 * proxies count as secrets.
 */
export function withoutSecrets(words: string, secrets: readonly string[]): string {
  const all = [...secrets, ...proxyCredentials(process.env)];
  return all.reduce((rest, secret) => rest.replaceAll(secret, '(secret)'), words);
}
