import type { FastifyRequest } from 'fastify';
import type { Identity, Principal } from '../../identity/index.ts';
import type { SignatureScheme, Verdict } from '../../signatures/index.ts';

/**
 * The reason why the sender of a request could not be authenticated.
 * - `missing`: the request has neither a token nor a signature
 * - `bad_token`: the token is not (or no longer) valid
 * - `malformed`: the header `Authorization` does not have the form of this scheme
 * - `unknown_key`: the access key does not exist (any more)
 * - `bad_signature`: the request was not signed with the secret of the key
 * - `expired`: the request was signed with the secret of the key, but for another time
 */
export type Refusal = 'missing' | 'bad_token' | 'malformed' | 'unknown_key' | 'bad_signature' | 'expired';

/**
 * The sender of a request, as far as its headers tell: the caller, or the reason of a refusal. The headers of
 * a signed request are not enough: `verify` finds the sender with the bytes of the body.
 */
type Sender =
  | { readonly caller: Principal }
  | { readonly refusal: Refusal }
  | { readonly verify: (body: Buffer) => Promise<Principal | Refusal> };

const REFUSALS = { bad: 'bad_signature', expired: 'expired' } as const satisfies Partial<
  Record<Verdict, Refusal>
>;

/**
 * Finds the sender of a request: the owner of its `X-Auth-Token` or, if it has none, the owner of the access
 * key with which it is signed.
 * @throws IdentityUnavailable
 */
export async function findSender<Claim extends { readonly access: string }>(
  request: FastifyRequest,
  identity: Identity,
  scheme: SignatureScheme<Claim>,
): Promise<Sender> {
  const { authorization, 'x-auth-token': token } = request.headers;
  if (typeof token === 'string' && token !== '') {
    const caller = await identity.authenticate(token);
    return caller === null ? { refusal: 'bad_token' } : { caller };
  }
  if (authorization === undefined || authorization === '') return { refusal: 'missing' };
  const claim = scheme.parse(authorization);
  if (claim === null) return { refusal: 'malformed' };
  const key = (await identity.accessKey?.(claim.access)) ?? null;
  if (key === null) return { refusal: 'unknown_key' };
  return {
    async verify(body) {
      const { method, originalUrl: url } = request;
      const { headers } = request.raw;
      const verdict = scheme.verify({ method, url, headers, body }, claim, key.secret, Date.now());
      if (verdict !== 'good') return REFUSALS[verdict];
      return (await key.signIn()) ?? 'unknown_key';
    },
  };
}
