import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { headOf } from './read-object.ts';

/** Asks for keys in a form that an answer in XML can carry: XML has no way to say most control characters. */
export const ENCODED = { EncodingType: 'url' } as const;

/** The part of an answer to a list that tells whether its keys are encoded. Some servers do not know how. */
interface Page {
  readonly EncodingType?: string | undefined;
}

/**
 * Returns a key as it is, from a list that was asked for with `ENCODED`.
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
 * Makes sure that a key from a list is that of an object. A server that sends keys as they are puts U+FFFD in
 * the place of characters that XML cannot carry: nobody can ask for such an object, and a list cannot go on
 * behind it.
 * @throws StoreError `invalid_image`
 */
export async function assertTold(store: Bucket, key: string, { EncodingType }: Page): Promise<void> {
  if (EncodingType === 'url' || !key.includes('\ufffd') || (await headOf(store, key)) !== undefined) return;
  throw new StoreError(
    'invalid_image',
    `${JSON.stringify(key)} is not the whole key: it has a character that the object store cannot list, ` +
      'for it does not know encoding-type=url',
  );
}
