/** A request as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they were sent: nothing decoded, nothing rewritten. */
  readonly url: string;
  /** By name in lower case; each character of a value is a byte, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * - `good`: the owner of the secret has signed this request, for this time
 * - `expired`: they have signed it, for another time
 * - `bad`: they have not signed it, or not enough of it
 */
export type Verdict = 'good' | 'expired' | 'bad';

/** A vendor's way of signing requests with an access key. Neither function throws, whatever it is given. */
export interface SignatureScheme<Claim extends { readonly access: string }> {
  /** Reads an `Authorization` header; `null` where it is none of this scheme's. */
  parse(authorization: string): Claim | null;
  /**
   * Whether the claim that a request bears is true.
   * @param secret of the claim's access key
   * @param now milliseconds since the epoch
   */
  verify(request: SignedRequest, claim: Claim, secret: string, now: number): Verdict;
}

/** Longer than what any vendor's signer makes. */
export const MAX_AUTHORIZATION_LENGTH = 4096;
/** By how much the clocks of signer and verifier may differ; milliseconds. */
export const CLOCK_SKEW = 15 * 60_000;
