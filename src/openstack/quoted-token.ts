import type { Dispatcher } from 'undici';
import { withoutSecrets } from '../http/index.ts';

type Answer = Pick<Dispatcher.ResponseData, 'body'>;

/** The tokens with which answers were asked for, by the answers' bodies. */
const tokens = new WeakMap<Answer['body'], string>();

/** Notes the token with which an answer was asked for, and returns the answer. */
export function askedWith<A extends Answer>(token: string, answer: A): A {
  tokens.set(answer.body, token);
  return answer;
}

/**
 * Returns words of an answer without the token with which it was asked for, and without what a proxy was
 * sent. Proxies and debugging middleware quote the requests that they refuse, and the words may get to
 * tenants, into logs and into histories.
 */
export function withoutToken({ body }: Answer, words: string): string {
  const token = tokens.get(body);
  return withoutSecrets(words, token === undefined ? [] : [token]);
}
