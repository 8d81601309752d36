import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { received } from '../../http/index.ts';
import type { PartReader } from '../port.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { fromS3 } from './errors.ts';
import { openObject } from './read-object.ts';

/** What of an object has to stay as it is while it is read. */
interface Pin {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
}

/** An object as it is now. */
export interface PinnedObject {
  readonly size: number;
  readonly modified: Date;
  readonly pin: string;
}

/** Throws as S3 does where there is no such object. */
export async function pinned({ client, bucket }: Bucket, key: string): Promise<PinnedObject> {
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const { ContentLength: size = 0, LastModified: modified = new Date(), ETag: etag = '' } = head;
  return { size, modified, pin: JSON.stringify({ key, etag, size } satisfies Pin) };
}

/** Whether this is a pin of an object with this key. */
export function isPinOf(key: string, pin: string): boolean {
  return pinFrom(pin)?.key === key;
}

/** Reads an object that has to stay what its pin says. Throws `changed`. */
export async function openPinned(store: Bucket, key: string, pin: string): Promise<PartReader> {
  const now = await pinned(store, key);
  const expected = pinFrom(pin);
  if (expected === undefined || now.pin !== pin) {
    throw new StoreError('changed', "the image's data has changed since it was inspected");
  }
  const { etag, size } = expected;
  return {
    async *read([start, end], signal) {
      if (start === end) return;
      signal.throwIfAborted();
      try {
        if (start >= size) throw new StoreError('truncated', `the image's data ends at byte ${size}`);
        const range = { Range: `bytes=${start}-${end - 1}`, IfMatch: etag };
        yield* received(await openObject(store, key, range, signal));
        signal.throwIfAborted();
        if (end > size) throw new StoreError('truncated', `the image's data ends at byte ${size}`);
      } catch (error) {
        throw signal.aborted ? signal.reason : fromS3(error);
      }
    },
    async close() {},
  };
}

/** `undefined` for what is no pin of ours. */
function pinFrom(text: string): Pin | undefined {
  try {
    const { key, etag, size } = JSON.parse(text);
    return { key, etag, size };
  } catch {
    return undefined;
  }
}
