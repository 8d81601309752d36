import type { Dispatcher } from 'undici';
import { OpenStackError } from './errors.ts';
import { type IssuedToken, parseToken, type TokenFacts } from './token.ts';
import { below, reach } from './transport.ts';

/** A Keystone to talk to. */
export interface Keystone {
  /** Ends in `/v3`. */
  readonly authUrl: string;
  readonly dispatcher: Dispatcher;
}

export interface KeystoneAnswer {
  readonly status: number;
  readonly subject: string | null;
  readonly text: string;
}

/** Parts of the body of "Authentication and token management" (Identity API v3), as Keystone wants them. */
export interface SignIn {
  readonly identity: object;
  readonly scope?: object;
}

const TOKENS = '/auth/tokens';

/**
 * A new token; `null` where Keystone refuses it.
 * @throws OpenStackError `unreachable`, `misconfigured`, or the signal's reason
 */
export async function signIn(
  keystone: Keystone,
  auth: SignIn,
  signal?: AbortSignal,
): Promise<IssuedToken | null> {
  const body = JSON.stringify({ auth });
  const { status, subject, text } = await askKeystone(keystone, 'POST', TOKENS, { body }, signal);
  if (status === 401 || status === 403) return null;
  if (status !== 201 || subject === null) throw unexpected(status);
  return { ...parseToken(text), token: subject };
}

/**
 * What a token is good for, by its own right; `null` where it is not good (any more). Tokens that are bound
 * to access rules count as not good: nobody here could enforce these.
 * @throws OpenStackError as `signIn` does
 */
export async function validate(
  keystone: Keystone,
  token: string,
  signal?: AbortSignal,
): Promise<TokenFacts | null> {
  const { status, text } = await askKeystone(
    keystone,
    'GET',
    TOKENS,
    { headers: aboutItself(token) },
    signal,
  );
  if (status === 401 || status === 404) return null;
  if (status !== 200) throw unexpected(status);
  return parseToken(text);
}

/**
 * A further token of the same user, for another project; `null` where Keystone refuses it.
 * @throws OpenStackError as `signIn` does
 */
export async function rescope(
  keystone: Keystone,
  token: string,
  projectId: string,
  signal?: AbortSignal,
): Promise<IssuedToken | null> {
  const body = JSON.stringify({
    auth: { identity: { methods: ['token'], token: { id: token } }, scope: { project: { id: projectId } } },
  });
  const { status, subject, text } = await askKeystone(keystone, 'POST', TOKENS, { body }, signal);
  // 400: an id that no project could have.
  if (status === 400 || status === 401 || status === 403 || status === 404) return null;
  if (status !== 201 || subject === null) throw unexpected(status);
  return { ...parseToken(text), token: subject };
}

/** Makes a token worthless, and no other one of its user's. */
export async function revoke(keystone: Keystone, token: string, signal?: AbortSignal): Promise<void> {
  const { status } = await askKeystone(keystone, 'DELETE', TOKENS, { headers: aboutItself(token) }, signal);
  if (status !== 204 && status !== 401 && status !== 404) throw unexpected(status);
}

/** Throws where there is no Keystone, or none that speaks v3. */
export async function checkKeystone(keystone: Keystone, signal?: AbortSignal): Promise<void> {
  const { status } = await askKeystone(keystone, 'GET', '', {}, signal);
  if (status !== 200) throw unexpected(status);
}

/** `OpenStack-Identity-Access-Rules` stays away: it would mean that we enforce a token's access rules. */
function aboutItself(token: string): Record<string, string> {
  return { 'X-Auth-Token': token, 'X-Subject-Token': token };
}

/**
 * One call to Keystone, whatever its answer is. `subject` is the token that the answer brings.
 * @param path below `/v3`
 * @throws OpenStackError `unreachable`, or the signal's reason
 */
export function askKeystone(
  { authUrl, dispatcher }: Keystone,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { headers = {}, body = null }: { headers?: Record<string, string>; body?: string | null },
  signal?: AbortSignal,
): Promise<KeystoneAnswer> {
  return reach('Keystone', signal, async () => {
    const response = await dispatcher.request({
      ...below(authUrl, path),
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      body,
      signal: signal ?? null,
    });
    const subject = response.headers['x-subject-token'];
    return {
      status: response.statusCode,
      subject: typeof subject === 'string' ? subject : null,
      text: await response.body.text(),
    };
  });
}

export function unexpected(status: number): OpenStackError {
  const mayPass = status >= 500 || status === 429 || status === 408;
  return new OpenStackError(mayPass ? 'unreachable' : 'misconfigured', `Keystone answers with ${status}`);
}
