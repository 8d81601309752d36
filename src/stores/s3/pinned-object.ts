import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { received } from '../../http/index.ts';
import type { Digests } from '../../image/index.ts';
import type { PartReader } from '../data-port.ts';
import type { ReaderOptions } from '../port.ts';
import { changedError } from '../refusals.ts';
import { hasAnyDigest, haveDigests, keepAliveUntil } from '../same-bytes.ts';
import { shared } from '../shared.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { detailsFromSdk, type ObjectDetails } from './attributes.ts';
import type { Bucket } from './bucket.ts';
import { fromS3, isS3Error, onS3 } from './errors.ts';
import { openObject } from './read-object.ts';

/** The key of an object, and the properties by which a change of the object is noticed. */
interface Pin {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
}

/** An object as it is now. */
export interface PinnedObject {
  readonly size: number;
  readonly modified: Date;
  readonly details: ObjectDetails;
  readonly pin: string;
}

/** Returns an object as it is now, with a pin. Throws S3's own error if there is no such object. */
export async function pinObject({ client, bucket }: Bucket, key: string): Promise<PinnedObject> {
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const { ContentLength: size = 0, LastModified: modified = new Date(), ETag: etag = '' } = head;
  return {
    size,
    modified,
    details: detailsFromSdk(head),
    pin: JSON.stringify({ key, etag, size } satisfies Pin),
  };
}

/** Tells whether this is a pin of an object with this key. */
export function isPinOf(key: string, pin: string): boolean {
  return pinFrom(pin)?.key === key;
}

/**
 * Returns a reader of an object. Each read asks for the version that the pin names. If another version is
 * there, the known digests decide. The reader reads the whole other version once, and takes the object for
 * unchanged if that version has these digests. Otherwise, or if no digest is known, throws `changed`.
 */
export async function openPinned(
  store: Bucket,
  key: string,
  pin: string,
  { digests, checksLater = false }: ReaderOptions = {},
): Promise<PartReader> {
  const now = checksLater ? undefined : await pinObject(store, key);
  const expected = pinFrom(pin);
  if (expected === undefined || expected.key !== key) throw changedError();
  const { size } = expected;
  const closed = new AbortController();
  const guard = guardOf(store, expected, digests, closed.signal);
  const check = async (found: PinnedObject) => {
    if (found.pin !== pin) await guard.checkDigests();
  };
  if (now !== undefined) await check(now);
  return {
    endpoint: store.endpoint,
    roundTrip: store.roundTrip(),
    ...(checksLater && { check: () => onS3(async () => check(await pinObject(store, key))) }),
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
          return openObject(store, key, range, signal, 'throw');
        };
        let answer = await open().catch(undefinedIfReplaced);
        if (answer === undefined) {
          yield* keepAliveUntil(guard.checkDigests());
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

/** Returns `undefined` if an error says that another version is at the key. Throws every other error. */
function undefinedIfReplaced(error: unknown): undefined {
  if (!isS3Error(error, 'PreconditionFailed') && !isStoreError(error, 'changed')) throw error;
}

/** Finds out whether others have changed an object. */
interface Guard {
  /** Returns the ETag of the latest version that is known to have the right bytes. */
  etag(): string;
  /**
   * Throws `changed` unless the object still has the right bytes. Reads the whole object if its ETag is not
   * the known one.
   */
  checkDigests(): Promise<void>;
}

function guardOf(
  store: Bucket,
  { key, size, etag }: Pin,
  digests: Digests | undefined,
  signal: AbortSignal,
): Guard {
  let goodEtag = etag;
  const checkDigests = async () => {
    const now = pinFrom((await pinObject(store, key)).pin);
    if (now?.etag === goodEtag) return;
    if (!hasAnyDigest(digests) || now?.size !== size) throw changedError();
    const { body } = await openObject(store, key, { IfMatch: now.etag }, signal);
    if (!(await haveDigests(received(body), digests))) throw changedError();
    goodEtag = now.etag;
  };
  return {
    etag: () => goodEtag,
    checkDigests: shared(checkDigests),
  };
}

/** Parses a pin. Returns `undefined` if it is not JSON: then another kind of store has made it. */
function pinFrom(text: string): Pin | undefined {
  try {
    const { key, etag, size } = JSON.parse(text);
    return { key, etag, size };
  } catch {
    return undefined;
  }
}
