import type { Dispatcher } from 'undici';
import { withoutSecrets } from '../http/index.ts';

type Answer = Pick<Dispatcher.ResponseData, 'body'>;

/** The tokens of the requests, by the bodies of their answers. */
const tokens = new WeakMap<Answer['body'], string>();

/** Remembers, for `withoutToken`, the token that the request had. Returns the answer. */
export function rememberToken<A extends Answer>(token: string, answer: A): A {
  tokens.set(answer.body, token);
  return answer;
}

/**
 * Returns words of an answer without the token of the request and without a proxy's credentials. Proxies and
 * debugging middleware may quote a request that they refuse, and their words may reach tenants, logs and
 * workflow histories.
 */
export function withoutToken({ body }: Answer, words: string): string {
  const token = tokens.get(body);
  return withoutSecrets(words, token === undefined ? [] : [token]);
}
