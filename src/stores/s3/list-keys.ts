import {
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { onS3 } from './errors.ts';
import { headOf } from './read-object.ts';

/** Asks for URL-encoded keys, because XML cannot carry most control characters. */
export const ENCODED = { EncodingType: 'url' } as const;

/**
 * Yields a list of a bucket's objects page by page. `keyFrom` and `keyIfUtf8` decode the keys.
 * @throws StoreError `invalid_image` if the list goes on, but the server does not say where. The SDK would
 * take its first page for the whole
 */
export async function* listPages(
  { client, bucket }: Bucket,
  query: Omit<ListObjectsV2CommandInput, 'Bucket'>,
  signal?: AbortSignal,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  const input = { ...query, Bucket: bucket, ...ENCODED };
  const pages = paginateListObjectsV2({ client }, input, { abortSignal: signal })[Symbol.asyncIterator]();
  for (;;) {
    const page = await onS3(() => pages.next(), signal);
    if (page.done) return;
    yield page.value;
    const { IsTruncated, NextContinuationToken } = page.value;
    if (IsTruncated && !NextContinuationToken) throw endlessError('list-type=2');
  }
}

/** Returns the error for a page of a list that is not the last, and does not say where the list goes on. */
export function endlessError(query: string): StoreError {
  return new StoreError(
    'invalid_image',
    `the object store cannot list on after the first page, because it does not support ${query}`,
  );
}

/** The part of a page that says whether its keys are encoded. Some servers cannot encode keys. */
interface Page {
  readonly EncodingType?: string | undefined;
}

/**
 * Decodes a key from a list that was requested with `ENCODED`. Returns `undefined` for a key that is not
 * UTF-8. This program makes no such key.
 */
export function keyIfUtf8(listed: string, { EncodingType }: Page): string | undefined {
  if (EncodingType !== 'url') return listed;
  try {
    return decodeURIComponent(listed.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/**
 * Decodes a key from a list that was requested with `ENCODED`.
 * @throws StoreError `invalid_image` for a key that is not UTF-8
 */
export function keyFrom(listed: string, page: Page): string {
  const key = keyIfUtf8(listed, page);
  if (key === undefined) throw new StoreError('invalid_image', `the key ${listed} is not UTF-8`);
  return key;
}

/**
 * Makes sure that a key from a list is the key of an object. If a server does not encode keys, it puts U+FFFD
 * in place of characters that XML cannot carry. Then nobody can read the object, or list on after its key.
 * @throws StoreError `invalid_image`
 */
export async function assertWholeKey(store: Bucket, key: string, { EncodingType }: Page): Promise<void> {
  if (EncodingType === 'url' || !key.includes('\ufffd') || (await headOf(store, key)) !== undefined) return;
  throw new StoreError(
    'invalid_image',
    `${JSON.stringify(key)} is not the whole key: it has a character that the object store cannot list, ` +
      'because it does not support encoding-type=url',
  );
}
