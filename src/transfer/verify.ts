import { type Digests, differingDigest, strongestCommon, type VerifiedBy } from '../image/index.ts';
import { isStoreError, StoreError } from '../stores/index.ts';

/** The facts about a copy whose bytes are all at the destination. */
export interface Copied extends Digests {
  readonly verified_by: VerifiedBy;
  /** Present if the destination's server has copied all bytes by itself. */
  readonly copied_by?: 'server';
  /**
   * The reason why the server has not copied them, in a few words; present if it was asked to and refused.
   */
  readonly server_refusal?: string;
}

/**
 * Compares a copy's digests with its source's, as far as both are known.
 * @param resumed `true` if an earlier attempt has written some of the bytes. A loss of power may have
 * destroyed them, so the copy should then start over
 * @throws StoreError `digest_mismatch`, or `lost` if the copy was resumed
 */
export function verify(expected: Digests, actual: Digests, resumed: boolean): Copied {
  const algorithm = differingDigest(expected, actual);
  if (algorithm === undefined) {
    // The sha256 serves only for this comparison, because a copy's record has only the other two.
    const { sha512, md5 } = actual;
    return { sha512, md5, verified_by: strongestCommon(expected, actual) };
  }
  const [found, wanted] = [actual[algorithm]?.slice(0, 16), expected[algorithm]?.slice(0, 16)];
  const message = `the copy's ${algorithm} is ${found}…, its record says ${wanted}…`;
  if (resumed) throw new StoreError('lost', `${message}; starting over`, { side: 'destination' });
  throw new StoreError('digest_mismatch', message, { side: 'source' });
}

/** Tells whether an error says that all bytes have come but do not match the source. */
export function isMismatch(error: unknown): error is StoreError {
  return isStoreError(error, 'digest_mismatch');
}

/** Tells whether an error says that the written bytes are of no use to another attempt. */
export function isBadData(error: unknown): boolean {
  return isStoreError(error, 'digest_mismatch', 'lost');
}
