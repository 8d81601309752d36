import { HttpRequest } from '@smithy/core/protocols';
import type { Dispatcher } from 'undici';
import type { ServerClock } from './server-clock.ts';
import type { SignedAddress } from './signed-address.ts';

/** Seconds for which the server accepts a removal after it was signed. */
const VALID_FOR = 5;

/**
 * Milliseconds after which the server certainly refuses a signed removal, even if the clocks of the store's
 * servers differ.
 */
export const EXPIRY = 8000;

/** Milliseconds that a server may take to answer. */
const MAX_ANSWER = 60_000;

/** Says which object at a key is to be removed: the one with this ETag, or this version. */
export interface Selected {
  readonly etag?: string;
  readonly version?: string;
}

/** A removal that is signed, but not sent yet. */
export interface SignedDelete {
  /** Sends the removal. Returns the HTTP status of the answer. Throws if there is none. */
  send(): Promise<number>;
  /** Tells whether the server may have refused the removal because it came too late. */
  isLate(): boolean;
}

/** Signs a removal. Returns `undefined` if no Signature Version 4 can be put into the request's address. */
export type BriefDelete = (key: string, selected: Selected) => Promise<SignedDelete | undefined>;

/**
 * Returns a function that signs removals, which the server accepts only for a few seconds. So a process that
 * is frozen after its last look at the store cannot remove data that comes to the key meanwhile. `If-Match`
 * would not be enough, because equal bytes have equal ETags.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function briefDeletes(
  addressOf: () => Promise<SignedAddress | undefined>,
  clock: ServerClock,
  dispatcher: Dispatcher,
): BriefDelete {
  return async (key, { etag, version }) => {
    const address = await addressOf();
    if (address === undefined) return undefined;
    const { origin, host, signer, pathOf } = address;
    if (!isPresigner(signer)) return undefined;
    const unsigned = new HttpRequest({
      method: 'DELETE',
      path: pathOf(key),
      query: version === undefined ? {} : { versionId: version },
      headers: {
        host,
        'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
        ...(etag !== undefined && { 'if-match': etag }),
      },
    });
    const signedAt = performance.now();
    const { query, headers } = await signer.presign(unsigned, {
      expiresIn: VALID_FOR,
      signingDate: clock.now(),
    });
    // The signature covers a space as `%20`, which URLSearchParams writes as `+`.
    const search = new URLSearchParams(query as Record<string, string>).toString().replaceAll('+', '%20');
    const path = `${pathOf(key)}?${search}`;
    return {
      async send() {
        const signal = AbortSignal.timeout(MAX_ANSWER);
        const answer = await dispatcher.request({ origin, path, headers, method: 'DELETE', signal });
        await answer.body.dump();
        return answer.statusCode;
      },
      // The date in a signature leaves out parts of a second.
      isLate: () => performance.now() - signedAt > (VALID_FOR - 1) * 1000,
    };
  };
}

/** A signer that can put the signature, and how long it is valid, into the address. */
interface Presigner {
  presign(
    request: HttpRequest,
    options: { readonly expiresIn: number; readonly signingDate: Date },
  ): Promise<Pick<HttpRequest, 'query' | 'headers'>>;
}

function isPresigner(signer: object): signer is Presigner {
  return 'presign' in signer;
}
