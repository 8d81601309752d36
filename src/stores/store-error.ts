import type { Side } from '../image/index.ts';

/**
 * Kinds of errors of a store.
 * - `not_found`: no such image, or not visible to the requester
 * - `not_active`: the image has no data that may be copied
 * - `forbidden`: the store refuses us
 * - `conflict`: the image id is taken, or another attempt has taken over
 * - `changed`: the source is no longer the image that was inspected
 * - `truncated`: the data ends before its announced size
 * - `digest_mismatch`: the data is not what its digest says
 * - `lost`: the destination no longer has what it had confirmed; worth a new start
 * - `spoilt`: the image in the making can take no data any more; one with another id could
 * - `quota_exceeded`: no room at the destination
 * - `invalid_image`: the image's record, id or size cannot be used
 * - `stalled`: no byte has moved for longer than a copy may stand still
 * - `unavailable`: the store does not answer, or its disk fails; worth another try
 */
export type StoreErrorCode =
  | 'not_found'
  | 'not_active'
  | 'forbidden'
  | 'conflict'
  | 'changed'
  | 'truncated'
  | 'digest_mismatch'
  | 'lost'
  | 'spoilt'
  | 'quota_exceeded'
  | 'invalid_image'
  | 'unavailable'
  | 'stalled';

/** The answer of a store that has too much to do. */
export interface Overload {
  /** Milliseconds for which it wants to be left alone, or `null` if it has not said so. */
  readonly retryAfter: number | null;
}

/**
 * Returns the overload that an HTTP answer tells of, or `null` if it tells of none.
 * @param retryAfter the header `Retry-After`: seconds, or a date
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function overloadOf(status: number, retryAfter: unknown): Overload | null {
  if (status !== 429 && status !== 503) return null;
  const text = typeof retryAfter === 'string' ? retryAfter : '';
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return { retryAfter: Number.isNaN(wait) ? null : Math.min(Math.max(0, wait), MAX_RETRY_AFTER) };
}

/** Maximum time for which a store is left alone, whatever it says; milliseconds. */
const MAX_RETRY_AFTER = 5 * 60_000;

/** The one error that stores and the transfer engine throw. Its message is fit for a tenant's eyes. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  /**
   * The end of the copy that is at fault. It is known to those who use the store, not to the store itself,
   * and `null` until they name it.
   */
  readonly side: Side | null;

  /** The overload, if the store has refused because it has too much to do; else `null`. */
  readonly overload: Overload | null;

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { cause?: unknown; side?: Side; overload?: Overload | null } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.side = options.side ?? null;
    this.overload = options.overload ?? null;
  }

  /** Tells whether another try may go better. */
  get retryable(): boolean {
    return this.code === 'unavailable' || this.code === 'lost';
  }
}

/** Tells whether something that was thrown is a store's error of this kind. */
export function isStoreError(error: unknown, code: StoreErrorCode): error is StoreError {
  return error instanceof StoreError && error.code === code;
}

/** Returns the error for an object that was small when it was listed, and is not when it is read. */
export function hasGrown(path: string, most: number): StoreError {
  return new StoreError('changed', `${JSON.stringify(path)} has grown to more than ${most} bytes`);
}

/** Runs a store's call and names the side in the error that comes out of it. */
export async function atSide<T>(side: Side, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw blame(side, error);
  }
}

/**
 * Returns an error that names the side at fault. An error that no store has foreseen becomes `unavailable`.
 */
export function blame(side: Side, error: unknown): StoreError {
  if (error instanceof StoreError) {
    if (error.side !== null) return error;
    const { code, message, cause, overload } = error;
    return new StoreError(code, message, { cause, side, overload });
  }
  return new StoreError('unavailable', `the ${side}'s store failed unexpectedly`, { cause: error, side });
}
