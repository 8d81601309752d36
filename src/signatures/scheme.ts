/** A request as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** The path and the query exactly as they were sent: nothing is decoded or rewritten. */
  readonly url: string;
  /**
   * The values by the header's name in lower case. Each character of a value is a byte, as node:http gives
   * them.
   */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * The result of checking a signature.
 * - `good`: the owner of the secret has signed this request, for this time
 * - `expired`: the owner of the secret has signed this request, but for another time
 * - `bad`: the owner of the secret has not signed this request, or not enough of it
 */
export type Verdict = 'good' | 'expired' | 'bad';

/**
 * A vendor's way of signing requests with an access key. Neither function throws, whatever its arguments are.
 */
export interface SignatureScheme<Claim extends { readonly access: string }> {
  /** Reads an `Authorization` header. Returns `null` if the header is not in this scheme's form. */
  parse(authorization: string): Claim | null;
  /**
   * Checks the claim of a request.
   * @param secret the secret of the claim's access key
   * @param now milliseconds since the epoch
   */
  verify(request: SignedRequest, claim: Claim, secret: string, now: number): Verdict;
}

/** The longest `Authorization` header that is read, in characters. No vendor's signer makes one as long. */
export const MAX_AUTHORIZATION_LENGTH = 4096;
/** The most by which the clocks of signer and verifier may differ; milliseconds. */
export const CLOCK_SKEW = 15 * 60_000;
