import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import type { Dispatcher } from 'undici';
import { waitFor } from '../../wait/index.ts';
import { type Overload, overloadOf, StoreError } from '../store-error.ts';
import type { SignedAddress } from './signed-address.ts';

/** The range and the version of an object that are to be read: header fields of GetObject. */
export interface Selection {
  readonly Range?: string;
  readonly IfMatch?: string;
}

/** Tells whether an answer begins where the range that was asked for begins (RFC 9110, section 14.4). */
export function beginsAsAsked({ Range }: Selection, contentRange: string | undefined): boolean {
  if (Range === undefined) return true;
  const start = /^bytes=(\d+)-/.exec(Range)?.[1];
  return contentRange?.startsWith(`bytes ${start}-`) ?? false;
}

/** Stops reading an answer. undici reports that as an error, which nobody else would handle. */
export function giveUp(body: Readable): void {
  body.on('error', () => {}).destroy();
}

/** An object's bytes, and the header fields that came with them. */
export interface PlainAnswer {
  readonly body: Readable;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Asks for an object. Returns `undefined` if there is no answer, or if the answer does not have what was
 * asked for. Throws `unavailable` if the store has too much to do.
 */
export type RawGet = (
  key: string,
  selection: Selection,
  signal: AbortSignal,
) => Promise<PlainAnswer | undefined>;

/**
 * Returns a function that reads a bucket's objects with the SDK's endpoint, credentials and signer. A request
 * through the whole SDK would take four times the CPU. If the function returns `undefined`, the caller MUST
 * ask through the SDK, which knows the errors, and when to try again.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function rawGets(
  { config }: S3Client,
  addressOf: () => Promise<SignedAddress | undefined>,
  dispatcher: Dispatcher,
): RawGet {
  async function signed(key: string, { Range, IfMatch }: Selection) {
    const address = await addressOf();
    if (address === undefined) return undefined;
    const { origin, host, signer, pathOf } = address;
    const unsigned = new HttpRequest({
      method: 'GET',
      path: pathOf(key),
      headers: {
        host,
        ...(Range !== undefined && { range: Range }),
        ...(IfMatch !== undefined && { 'if-match': IfMatch }),
      },
    });
    const signingDate = new Date(Date.now() + config.systemClockOffset);
    const { path, headers } = await signer.sign(unsigned, { signingDate });
    return { origin, path, headers };
  }

  return async (key, selection, signal) => {
    let overload: Overload | null = null;
    try {
      const request = await signed(key, selection);
      if (request === undefined) return undefined;
      // undici itself does not notice an abort before the request has a connection.
      const answer = waitFor(dispatcher.request({ ...request, method: 'GET', signal }), signal);
      const { statusCode, body, headers } = await answer;
      if (statusCode === (selection.Range === undefined ? 200 : 206)) {
        if (beginsAsAsked(selection, String(headers['content-range']))) return { body, headers };
        giveUp(body);
        return undefined;
      }
      await body.dump();
      overload = overloadOf(statusCode, headers['retry-after']);
    } catch {
      signal.throwIfAborted();
    }
    if (overload === null) return undefined;
    throw new StoreError('unavailable', 'the object store has too much to do', { overload });
  };
}
