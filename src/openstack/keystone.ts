import type { Dispatcher } from 'undici';
import { OpenStackError } from './errors.ts';
import { type IssuedToken, parseToken, type TokenFacts } from './token.ts';
import { callService, urlBelow } from './transport.ts';

/** The address of a Keystone, and how to reach it. */
export interface Keystone {
  /** The address ends in `/v3`. */
  readonly authUrl: string;
  readonly dispatcher: Dispatcher;
}

/** An answer of Keystone, whatever its status. */
export interface KeystoneAnswer {
  readonly status: number;
  /** The token that the answer is about, from its header `X-Subject-Token`. */
  readonly subject: string | null;
  readonly text: string;
}

/** Parts of the request body of "Authentication and token management" (Identity API v3). */
export interface SignIn {
  readonly identity: object;
  readonly scope?: object;
}

const TOKENS = '/auth/tokens';

/**
 * Signs in. Returns the new token, or `null` if Keystone refuses the sign-in.
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
 * Validates a token, with the rights of that token itself. Returns what Keystone says about the token, or
 * `null` if it is not valid. A token that is bound to access rules counts as invalid, because this service
 * does not enforce access rules.
 * @throws OpenStackError as `signIn` does
 */
export async function validate(
  keystone: Keystone,
  token: string,
  signal?: AbortSignal,
): Promise<TokenFacts | null> {
  const headers = aboutItself(token);
  const { status, text } = await askKeystone(keystone, 'GET', TOKENS, { headers }, signal);
  if (status === 401 || status === 404) return null;
  if (status !== 200) throw unexpected(status);
  return parseToken(text);
}

/**
 * Asks for another token of the same user, for another project. Returns `null` if Keystone refuses.
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
  // Keystone answers 400 to an id that no project could have.
  if (status === 400 || status === 401 || status === 403 || status === 404) return null;
  if (status !== 201 || subject === null) throw unexpected(status);
  return { ...parseToken(text), token: subject };
}

/** Revokes one token. Other tokens of the same user stay valid. */
export async function revoke(keystone: Keystone, token: string, signal?: AbortSignal): Promise<void> {
  const { status } = await askKeystone(keystone, 'DELETE', TOKENS, { headers: aboutItself(token) }, signal);
  if (status !== 204 && status !== 401 && status !== 404) throw unexpected(status);
}

/** Throws if Keystone cannot be reached, or does not speak v3. */
export async function checkKeystone(keystone: Keystone, signal?: AbortSignal): Promise<void> {
  const { status } = await askKeystone(keystone, 'GET', '', {}, signal);
  if (status !== 200) throw unexpected(status);
}

/**
 * Returns the headers of a call that is about a token and made with the same token. The header
 * `OpenStack-Identity-Access-Rules` would say that we enforce access rules, so it is left out.
 */
function aboutItself(token: string): Record<string, string> {
  return { 'X-Auth-Token': token, 'X-Subject-Token': token };
}

/**
 * Makes one call to Keystone and returns its answer, whatever its status.
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
  return callService('Keystone', signal, async () => {
    const response = await dispatcher.request({
      ...urlBelow(authUrl, path),
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

/**
 * Returns the error for a status that the call does not expect: `unreachable` if it may be temporary, else
 * `misconfigured`.
 */
export function unexpected(status: number): OpenStackError {
  const isTemporary = status >= 500 || status === 429 || status === 408;
  return new OpenStackError(isTemporary ? 'unreachable' : 'misconfigured', `Keystone answers with ${status}`);
}
