import { type Digests, differingDigest, strongestCommon, type VerifiedBy } from '../image/index.ts';
import { isStoreError, StoreError } from '../stores/index.ts';

/** The facts about a copy whose bytes are all at the destination. */
export interface Copied extends Digests {
  readonly verified_by: VerifiedBy;
  /** Present if the destination's server has copied all bytes by itself. */
  readonly copied_by?: 'server';
  /** The reason, in a few words, if the destination's server was asked to copy the bytes and has refused. */
  readonly server_refusal?: string;
}

/**
 * Compares a copy's digests with its source's, as far as both are known.
 * @param isResumed `true` if an earlier attempt has written some of the bytes. A loss of power may have
 * destroyed them, so a difference is not the source's fault
 * @throws StoreError `digest_mismatch`, or `lost` if the copy was resumed
 */
export function verify(expected: Digests, actual: Digests, { isResumed }: { isResumed: boolean }): Copied {
  const algorithm = differingDigest(expected, actual);
  if (algorithm === undefined) {
    // The sha256 serves only for this comparison: a copy's record has none.
    const { sha512, md5 } = actual;
    return { sha512, md5, verified_by: strongestCommon(expected, actual) };
  }
  const [found, wanted] = [actual[algorithm]?.slice(0, 16), expected[algorithm]?.slice(0, 16)];
  const message = `the copy's ${algorithm} is ${found}…, its record says ${wanted}…`;
  if (isResumed) throw new StoreError('lost', `${message}; starting over`, { side: 'destination' });
  throw new StoreError('digest_mismatch', message, { side: 'source' });
}

/** Tells whether an error means that all bytes have come, but differ from the source's. */
export function isMismatch(error: unknown): error is StoreError {
  return isStoreError(error, 'digest_mismatch');
}

/** Tells whether an error means that the written bytes are of no use to another attempt. */
export function isBadData(error: unknown): boolean {
  return isStoreError(error, 'digest_mismatch', 'lost');
}
