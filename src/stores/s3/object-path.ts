import { ILL_FORMED } from '../../text/index.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { HIDDEN } from './staging.ts';

/**
 * Maximum length of a key in bytes (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html).
 */
const MAX_KEY_LENGTH = 1024;

/** Returns the key of an object. Throws `invalid_image` for a path that no object can have. */
export function objectKey({ keys }: Bucket, path: string): string {
  const refuse = (why: string) => {
    throw new StoreError('invalid_image', `${JSON.stringify(path)}: ${why}`);
  };
  const key = keys.object(path);
  if (path === '') refuse('is empty');
  if (!path.isWellFormed()) refuse(ILL_FORMED);
  if (path.includes('\0')) refuse('has a NUL character, and such objects are not copied');
  // Many servers resolve such a path to another object's key, which may even be outside of the prefix.
  if (path.split('/').some((step) => step === '.' || step === '..'))
    refuse("has '.' or '..' between slashes, and such objects are not copied");
  if (path.startsWith(HIDDEN)) refuse('is reserved for objects that are being written');
  if (path.endsWith('/')) refuse('is a folder');
  if (Buffer.byteLength(key) > MAX_KEY_LENGTH) refuse(`its key has more than ${MAX_KEY_LENGTH} bytes`);
  return key;
}
