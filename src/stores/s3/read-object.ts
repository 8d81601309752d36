import { addAbortSignal, Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { received } from '../../http/index.ts';
import { copyInto } from '../../memory/index.ts';
import { changedError } from '../refusals.ts';
import { StoreError } from '../store-error.ts';
import { detailsFrom, detailsFromSdk, type ObjectDetails } from './attributes.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent } from './errors.ts';
import { beginsAsAsked, giveUp, type Selection } from './raw-get.ts';
import { type FoundStamp, stampFrom } from './stamp.ts';

/** Maximum number of requests for the same piece. */
const MAX_TRIES = 3;

/** An object whose bytes are on their way. */
export interface OpenObject {
  readonly body: Readable;
  readonly details: ObjectDetails;
}

/**
 * Asks for the bytes of an object, or of a range of it. An abort also ends an answer that is on its way. If
 * another version than `IfMatch` is there, throws S3's own error or `changed`.
 * @param whenBusy says what happens if the store has too much to do: `retry` lets the SDK try again, and
 * `throw` throws at once
 */
export async function openObject(
  { client, bucket, rawGet }: Bucket,
  Key: string,
  selection: Selection,
  signal: AbortSignal,
  whenBusy: 'retry' | 'throw' = 'retry',
): Promise<OpenObject> {
  const raw = await rawGet(Key, selection, signal).catch((error) => {
    if (whenBusy === 'throw' || signal.aborted) throw error;
  });
  if (raw !== undefined) {
    assertVersion(raw.body, selection, raw.headers.etag);
    return { body: raw.body, details: detailsFrom(raw.headers) };
  }
  const get = new GetObjectCommand({ Bucket: bucket, Key, ...selection });
  const { Body, ContentRange, ...answer } = await client.send(get, { abortSignal: signal });
  if (!(Body instanceof Readable)) throw new StoreError('unavailable', 'the object store sent no data');
  if (!beginsAsAsked(selection, ContentRange)) {
    giveUp(Body);
    throw new StoreError('unavailable', 'the object store sent another range than was asked for');
  }
  assertVersion(Body, selection, answer.ETag);
  return { body: addAbortSignal(signal, Body), details: detailsFromSdk(answer) };
}

/** Throws `changed` if an answer has another version than was asked for: some servers ignore `If-Match`. */
function assertVersion(body: Readable, { IfMatch }: Selection, etag: string | undefined): void {
  if (IfMatch === undefined || etag === undefined || etag === IfMatch) return;
  giveUp(body);
  throw changedError();
}

/** An object without its bytes. */
export interface ObjectHead {
  readonly size: number;
  readonly changed: Date;
  /** Id of the object's version, if the bucket keeps versions. */
  readonly version: string | undefined;
  readonly etag: string;
  readonly stamp: FoundStamp;
}

/** Returns an object's properties, or `undefined` if there is no object at the key. */
export async function headOf({ client, bucket }: Bucket, Key: string): Promise<ObjectHead | undefined> {
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key }));
    return {
      size: head.ContentLength ?? 0,
      changed: head.LastModified ?? new Date(),
      version: head.VersionId,
      etag: head.ETag ?? '',
      stamp: stampFrom(head.Metadata),
    };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Returns a reader of an object's pieces. Reads of consecutive pieces share one request. */
export function sequentialReader(store: Bucket, key: string) {
  let body: Readable | undefined;
  let chunks: AsyncIterator<Buffer> | undefined;
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;

  function close(): void {
    body?.destroy();
    chunks = undefined;
  }

  async function readOnce(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void> {
    if (chunks === undefined || position !== offset) {
      close();
      ({ body } = await openObject(store, key, { Range: `bytes=${offset}-` }, signal));
      chunks = received(body);
      rest = Buffer.alloc(0);
      position = offset;
    }
    for (let done = 0; done < into.length; ) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) throw new StoreError('truncated', `the object ends at byte ${position}`);
        rest = next.value;
      }
      const piece = rest.subarray(0, into.length - done);
      copyInto(into, done, piece);
      rest = rest.subarray(piece.length);
      done += piece.length;
      position += piece.length;
    }
  }

  return {
    close,
    /** Fills `into` from an offset. If requests break off, tries up to `MAX_TRIES` times. */
    async read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void> {
      for (let tries = 1; ; tries += 1) {
        try {
          return await readOnce(offset, into, signal);
        } catch (error) {
          close();
          if (tries === MAX_TRIES || signal.aborted) throw error;
        }
      }
    },
  };
}
