/** A request exactly as it was received. */
export interface SignedRequest {
  readonly method: string;
  /** The path and the query exactly as they were sent, neither decoded nor normalised. */
  readonly url: string;
  /**
   * The headers' values by their names in lower case. Each character of a value is a byte, as in node:http.
   */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * The result of checking a signature.
 * - `good`: the request was signed with the secret, and the signature is valid now
 * - `expired`: the request was signed with the secret, but for another time
 * - `bad`: the request was not signed with the secret, or the signature leaves out a part that it MUST cover
 */
export type Verdict = 'good' | 'expired' | 'bad';

/**
 * A vendor's way of signing requests with an access key. Its functions MUST NOT throw, whatever their
 * arguments are.
 */
export interface SignatureScheme<Claim extends { readonly access: string }> {
  /** Reads an `Authorization` header. Returns `null` if the header is not in this scheme's form. */
  parse(authorization: string): Claim | null;
  /**
   * Checks the signature of a request.
   * @param secret the secret of the claim's access key
   * @param now the present time; milliseconds since the epoch
   */
  verify(request: SignedRequest, claim: Claim, secret: string, now: number): Verdict;
}

/** The longest `Authorization` header that is read; characters. Those of the vendors' signers are shorter. */
export const MAX_AUTHORIZATION_LENGTH = 4096;
/** The largest accepted difference between the clocks of the signer and the verifier; milliseconds. */
export const CLOCK_SKEW = 15 * 60_000;
