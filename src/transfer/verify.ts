import { type Digests, differingDigest, strongestCommon, type VerifiedBy } from '../image/index.ts';
import { StoreError } from '../stores/index.ts';

/** What is known of a copy when all its bytes are at the destination. */
export interface Copied extends Digests {
  readonly verified_by: VerifiedBy;
}

/**
 * Finds a copy's bytes to be its source's, as far as that can be told.
 * @param resumed whether an earlier attempt has written some: after a loss of power a disk may not have them,
 * and that deserves a new start
 * @throws StoreError `digest_mismatch`, or `lost` where it was resumed
 */
export function verify(expected: Digests, actual: Digests, resumed: boolean): Copied {
  const algorithm = differingDigest(expected, actual);
  if (algorithm === undefined) {
    // The sha256 is there only to be compared: an image's record has room for the other two.
    const { sha512, md5 } = actual;
    return { sha512, md5, verified_by: strongestCommon(expected, actual) };
  }
  const [found, wanted] = [actual[algorithm]?.slice(0, 16), expected[algorithm]?.slice(0, 16)];
  const message = `the copy's ${algorithm} is ${found}…, its record says ${wanted}…`;
  if (resumed) throw new StoreError('lost', `${message}; starting over`, { side: 'destination' });
  throw new StoreError('digest_mismatch', message, { side: 'source' });
}

/** Whether all bytes have come, and are not the source's. */
export function isMismatch(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === 'digest_mismatch';
}

/** Whether the bytes that were written are of no use to a next attempt. */
export function isBadData(error: unknown): boolean {
  return isMismatch(error) || (error instanceof StoreError && error.code === 'lost');
}
