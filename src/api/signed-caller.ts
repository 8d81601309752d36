import type { FastifyRequest } from 'fastify';
import type { Identity, Principal } from '../identity/index.ts';
import type { SignatureScheme, Verdict } from '../signatures/index.ts';

/**
 * Why nobody is known to have sent a request.
 * - `missing`: it has neither a token nor a signature
 * - `bad_token`: its token is not good (any more)
 * - `malformed`: its Authorization is none of this scheme's
 * - `unknown_key`: there is no such access key (any more)
 * - `bad_signature`: the request is not what the key's owner has signed
 * - `expired`: it is, but was signed for another time
 */
export type Refusal = 'missing' | 'bad_token' | 'malformed' | 'unknown_key' | 'bad_signature' | 'expired';

const REFUSALS = { bad: 'bad_signature', expired: 'expired' } as const satisfies Partial<
  Record<Verdict, Refusal>
>;

/**
 * Who has sent a request: the owner of its `X-Auth-Token`, or, where it has none, of the access key that it
 * is signed with.
 * @param body its bytes as they came
 * @throws IdentityUnavailable
 */
export async function findCaller<Claim extends { readonly access: string }>(
  request: FastifyRequest,
  body: Buffer,
  identity: Identity,
  scheme: SignatureScheme<Claim>,
): Promise<Principal | Refusal> {
  const { authorization, 'x-auth-token': token } = request.headers;
  if (typeof token === 'string' && token !== '') return (await identity.authenticate(token)) ?? 'bad_token';
  if (authorization === undefined || authorization === '') return 'missing';
  const claim = scheme.parse(authorization);
  if (claim === null) return 'malformed';
  const key = (await identity.accessKey?.(claim.access)) ?? null;
  if (key === null) return 'unknown_key';
  const { method, originalUrl: url } = request;
  const { headers } = request.raw;
  const verdict = scheme.verify({ method, url, headers, body }, claim, key.secret, Date.now());
  if (verdict !== 'good') return REFUSALS[verdict];
  return (await key.signIn()) ?? 'unknown_key';
}
