import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { headOf } from './read-object.ts';

/** Asks for URL-encoded keys, because XML cannot carry most control characters. */
export const ENCODED = { EncodingType: 'url' } as const;

/**
 * The part of an answer to a list request that says whether its keys are encoded. Some servers cannot encode
 * them.
 */
interface Page {
  readonly EncodingType?: string | undefined;
}

/**
 * Decodes a key from a list that was requested with `ENCODED`.
 * @throws StoreError `invalid_image` for a key that is not UTF-8
 */
export function keyFrom(listed: string, { EncodingType }: Page): string {
  if (EncodingType !== 'url') return listed;
  try {
    return decodeURIComponent(listed.replaceAll('+', ' '));
  } catch (cause) {
    throw new StoreError('invalid_image', `the key ${listed} is not UTF-8`, { cause });
  }
}

/**
 * Makes sure that a key from a list is the key of an object. A server that does not encode keys puts U+FFFD
 * in place of characters that XML cannot carry: such an object cannot be read, and a listing cannot continue
 * after it.
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
