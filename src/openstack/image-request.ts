import type { Dispatcher } from 'undici';
import type { UserCredential } from './catalog.ts';
import type { Cloud } from './cloud.ts';
import { imageEndpoint } from './endpoint.ts';
import { rememberToken } from './quoted-token.ts';
import { callService, urlBelow } from './transport.ts';

/**
 * A call to the image service. Timeouts are in milliseconds: `0` means none, and the default is 60 seconds.
 */
export interface ImageRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with the version, as in `/v2/images`. The caller MUST percent-encode texts that users chose. */
  readonly path: string;
  /** The maker of the call: the copier in a project (`null` for its own project), or a user with a token. */
  readonly as: { readonly project: string | null } | { readonly user: UserCredential };
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  readonly headersTimeout?: number;
  readonly bodyTimeout?: number;
}

/**
 * Sends a request with a token to the address that the token's catalog has for the region.
 * @throws OpenStackError `no_endpoint`, `misconfigured`, `unreachable`; the signal's reason; the error of the
 * body's stream
 */
export async function sendImageRequest(
  { cloud, dispatcher }: { readonly cloud: Cloud; readonly dispatcher: Dispatcher },
  { token, catalog }: UserCredential,
  request: ImageRequest,
): Promise<Dispatcher.ResponseData> {
  const { method, path, headers, body, signal, headersTimeout, bodyTimeout } = request;
  const endpoint = imageEndpoint(catalog, cloud.regionName, cloud.interface);
  const region = cloud.regionName === null ? '' : ` of region ${cloud.regionName}`;
  const stream = typeof body === 'object' ? keepFailure(body) : null;
  try {
    const answer = await callService(`the image service${region}`, signal, () =>
      dispatcher.request({
        ...urlBelow(endpoint, path),
        method,
        headers: { ...headers, 'X-Auth-Token': token },
        // undici sends any iterable, although its types know only Readable.
        body: (stream?.chunks as never) ?? (typeof body === 'string' ? body : null),
        signal: signal ?? null,
        ...(headersTimeout !== undefined && { headersTimeout }),
        ...(bodyTimeout !== undefined && { bodyTimeout }),
      }),
    );
    return rememberToken(token, answer);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw stream?.failure() ?? error;
  }
}

/** Wraps a stream and keeps the error that it throws, to distinguish it from an error of the service. */
function keepFailure(chunks: AsyncIterable<Uint8Array>) {
  let failure: unknown;
  return {
    failure: () => failure,
    chunks: (async function* () {
      try {
        yield* chunks;
      } catch (error) {
        failure = error;
        throw error;
      }
    })(),
  };
}
