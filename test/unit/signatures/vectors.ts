import {
  bceAuthV1,
  type SignatureScheme,
  type SignedRequest,
  sdkHmacSha256,
  type Verdict,
} from '../../../src/signatures/index.ts';
import recorded from './vectors.json' with { type: 'json' };

export const { access, secret } = recorded;

/** A request that a vendor's own SDK has signed and sent. */
export interface Vector {
  readonly name: string;
  readonly request: SignedRequest;
  /** The time of the request; milliseconds since the epoch. */
  readonly now: number;
}

type Scheme = 'SDK-HMAC-SHA256' | 'bce-auth-v1';

/**
 * Returns the vectors of a scheme that are good, or that are bad because something is missing. The name of
 * each vector says what is special about it.
 */
export function vectorsOf(scheme: Scheme, verdict: 'good' | 'bad' = 'good'): readonly Vector[] {
  return recorded.vectors
    .filter((one) => one.scheme === scheme && one.verdict === verdict)
    .map(({ name, now, request }) => ({
      name,
      now: now * 1000,
      request: { ...request, body: Buffer.from(request.body, 'base64') },
    }));
}

export function vector(scheme: Scheme, name: string): Vector {
  const found = vectorsOf(scheme).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no vector ${name}`);
  return found;
}

export const huaweiVerdict = verdictBy(sdkHmacSha256);
export const baiduVerdict = verdictBy(bceAuthV1);

/**
 * Returns a function that verifies a request of a scheme after some changes. The verdict is `null` if the
 * scheme cannot read the header.
 */
function verdictBy<Claim extends { readonly access: string }>(scheme: SignatureScheme<Claim>) {
  return (
    { request, now }: Vector,
    changes: Partial<SignedRequest> = {},
    { at = now, key = secret } = {},
  ): Verdict | null => {
    const changed = { ...request, ...changes, headers: { ...request.headers, ...changes.headers } };
    const claim = scheme.parse(String(changed.headers.authorization));
    return claim === null ? null : scheme.verify(changed, claim, key, at);
  };
}
