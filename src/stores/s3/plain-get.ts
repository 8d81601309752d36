import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { escapeUriPath, HttpRequest } from '@smithy/core/protocols';
import type { Dispatcher } from 'undici';
import { waitFor } from '../../http/index.ts';
import { type Overload, overloadOf, StoreError } from '../store-error.ts';

/** What of an object is read, and which version of it; header fields of GetObject. */
export interface Selection {
  readonly Range?: string;
  readonly IfMatch?: string;
}

/** The object's bytes; `undefined` where there is no plain answer. */
export type PlainGet = (
  key: string,
  selection: Selection,
  signal: AbortSignal,
) => Promise<Readable | undefined>;

/**
 * Reads a bucket's objects with the SDK's endpoint, credentials and signer, but past its stack, which takes
 * four times the CPU of a request. What has no plain answer is for the SDK: it knows the errors, and when to
 * try again.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function plainGets({ config }: S3Client, bucket: string, dispatcher: Dispatcher): PlainGet {
  let opened: ReturnType<typeof open> | undefined;

  async function open() {
    const { url, properties } = await getEndpointFromInstructions({ Bucket: bucket }, GetObjectCommand, {
      ...config,
    });
    const scheme = properties?.authSchemes?.[0];
    if (scheme?.name !== 'sigv4') return undefined;
    const { origin, host, pathname } = url;
    return { origin, host, folder: pathname.replace(/\/$/, ''), signer: await config.signer(scheme) };
  }

  async function signed(key: string, { Range, IfMatch }: Selection) {
    opened ??= open().catch((error) => {
      opened = undefined;
      throw error;
    });
    const endpoint = await opened;
    if (endpoint === undefined) return undefined;
    const { origin, host, folder, signer } = endpoint;
    const unsigned = new HttpRequest({
      method: 'GET',
      path: `${folder}/${escapeUriPath(key)}`,
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
      // undici itself hears of an abort only when it has a connection.
      const answer = waitFor(dispatcher.request({ ...request, method: 'GET', signal }), signal);
      const { statusCode, headers, body } = await answer;
      if (statusCode === (selection.Range === undefined ? 200 : 206)) return body;
      await body.dump();
      overload = overloadOf(statusCode, headers['retry-after']);
    } catch {
      signal.throwIfAborted();
    }
    if (overload === null) return undefined;
    throw new StoreError('unavailable', 'the object store has too much to do', { overload });
  };
}
