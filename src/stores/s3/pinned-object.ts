import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { received } from '../../http/index.ts';
import type { Digests } from '../../image/index.ts';
import type { PartReader } from '../data-port.ts';
import { aliveUntil, canTell, hasChanged, haveDigests } from '../same-bytes.ts';
import { StoreError } from '../store-error.ts';
import { type Told, toldBySdk } from './attributes.ts';
import type { Bucket } from './bucket.ts';
import { fromS3, isS3Error } from './errors.ts';
import { openObject } from './read-object.ts';

/** The properties of an object that have to stay as they are while it is read. */
interface Pin {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
}

/** An object as it is now. */
export interface PinnedObject {
  readonly size: number;
  readonly modified: Date;
  readonly told: Told;
  readonly pin: string;
}

/** Looks at an object, and returns it as it is now. Throws S3's own error if there is no such object. */
export async function pinned({ client, bucket }: Bucket, key: string): Promise<PinnedObject> {
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const { ContentLength: size = 0, LastModified: modified = new Date(), ETag: etag = '' } = head;
  return { size, modified, told: toldBySdk(head), pin: JSON.stringify({ key, etag, size } satisfies Pin) };
}

/** Tells whether this is a pin of an object with this key. */
export function isPinOf(key: string, pin: string): boolean {
  return pinFrom(pin)?.key === key;
}

/**
 * Returns a reader of an object that has to stay what its pin says. If digests are known, they decide: an
 * object that was put again is read once, and is the same if its bytes are. Throws `changed`.
 */
export async function openPinned(
  store: Bucket,
  key: string,
  pin: string,
  digests?: Digests,
): Promise<PartReader> {
  const now = await pinned(store, key);
  const expected = pinFrom(pin);
  if (expected === undefined || expected.key !== key) throw hasChanged();
  const { size } = expected;
  const closed = new AbortController();
  const guard = guardOf(store, expected, digests, closed.signal);
  if (now.pin !== pin) await guard.lookAgain();
  return {
    endpoint: store.endpoint,
    get original() {
      return { service: store.service, bucket: store.bucket, key, etag: guard.etag() };
    },
    async *read([start, end], signal) {
      if (start === end) return;
      signal.throwIfAborted();
      try {
        if (start >= size) throw new StoreError('truncated', `the image's data ends at byte ${size}`);
        const open = () => {
          const range = { Range: `bytes=${start}-${end - 1}`, IfMatch: guard.etag() };
          return openObject(store, key, range, signal, true);
        };
        let answer = await open().catch(ifOther);
        if (answer === undefined) {
          yield* aliveUntil(guard.lookAgain());
          answer = await open();
        }
        yield* received(answer.body);
        signal.throwIfAborted();
        if (end > size) throw new StoreError('truncated', `the image's data ends at byte ${size}`);
      } catch (error) {
        throw signal.aborted ? signal.reason : fromS3(error);
      }
    },
    async close() {
      closed.abort(new Error('the reader was closed'));
    },
  };
}

/** Returns `undefined` if another object has come to the key. Throws every other error. */
function ifOther(error: unknown): undefined {
  if (!isS3Error(error, 'PreconditionFailed')) throw error;
}

/** Watches over the bytes of an object that others may put again. */
interface Guard {
  /** Returns the ETag of an object with the bytes of the pin. */
  etag(): string;
  /** Finds out whether the object that is there now has the same bytes. Throws `changed`. */
  lookAgain(): Promise<void>;
}

function guardOf(
  store: Bucket,
  { key, size, etag }: Pin,
  digests: Digests | undefined,
  signal: AbortSignal,
): Guard {
  let known = etag;
  let looking: Promise<void> | undefined;
  const look = async () => {
    const now = pinFrom((await pinned(store, key)).pin);
    if (now?.etag === known) return;
    if (!canTell(digests) || now?.size !== size) throw hasChanged();
    const { body } = await openObject(store, key, { IfMatch: now.etag }, signal);
    if (!(await haveDigests(received(body), digests))) throw hasChanged();
    known = now.etag;
  };
  return {
    etag: () => known,
    lookAgain() {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

/** Parses a pin. Returns `undefined` if it is none of ours. */
function pinFrom(text: string): Pin | undefined {
  try {
    const { key, etag, size } = JSON.parse(text);
    return { key, etag, size };
  } catch {
    return undefined;
  }
}
