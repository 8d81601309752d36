import type { Side } from '../image/index.ts';

/**
 * Kinds of errors of a store.
 * - `not_found`: no such image, or not visible to the requester
 * - `not_active`: the image has no data that may be copied
 * - `forbidden`: the store refuses us
 * - `conflict`: the image id is taken, or another attempt has taken over
 * - `changed`: the source is no longer the image that was inspected
 * - `truncated`: the data ends before its announced size
 * - `digest_mismatch`: the data does not have the digest that it should have
 * - `lost`: the destination no longer has bytes that it had confirmed; worth a new start
 * - `spoilt`: the image takes no more data, or is gone, or may be about to be removed; another image id has
 *   to be used
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

/** A store has refused a request because it has too much to do. */
export interface Overload {
  /** Milliseconds to wait before the next request, or `null` if the store has named no time. */
  readonly retryAfter: number | null;
}

/**
 * Returns the overload that an HTTP answer reports, or `null` if it reports none.
 * @param retryAfter the header `Retry-After`: seconds, or a date
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function overloadOf(status: number, retryAfter: unknown): Overload | null {
  if (status !== 429 && status !== 503) return null;
  const text = typeof retryAfter === 'string' ? retryAfter : '';
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return { retryAfter: Number.isNaN(wait) ? null : Math.min(Math.max(0, wait), MAX_RETRY_AFTER) };
}

/** Maximum of `Overload.retryAfter`, even if the store asks for more; milliseconds. */
const MAX_RETRY_AFTER = 5 * 60_000;

interface StoreErrorOptions {
  readonly cause?: unknown;
  readonly side?: Side;
  readonly overload?: Overload | null;
  readonly isOvertaken?: boolean;
}

/** The one error that stores and the transfer engine throw. Its message may be shown to tenants. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  /**
   * The end of the copy that is at fault. A store does not know which end it is, so this is `null` until a
   * caller adds it with `blame`.
   */
  readonly side: Side | null;

  /** The overload, if the store has refused because it has too much to do; else `null`. */
  readonly overload: Overload | null;

  /** `true` if the store has refused because an attempt with a higher number has taken over. */
  readonly isOvertaken: boolean;

  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.side = options.side ?? null;
    this.overload = options.overload ?? null;
    this.isOvertaken = options.isOvertaken ?? false;
  }

  /** Tells whether another try may succeed. */
  get retryable(): boolean {
    return this.code === 'unavailable' || this.code === 'lost';
  }
}

/** Tells whether something that was thrown is a StoreError with one of these codes. */
export function isStoreError(error: unknown, ...codes: readonly StoreErrorCode[]): error is StoreError {
  return error instanceof StoreError && codes.includes(error.code);
}

/** Makes a call to a store, and adds the side to the error that it throws. */
export async function atSide<T>(side: Side, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw blame(side, error);
  }
}

/** Returns the error with the side at fault. An error that is no StoreError becomes `unavailable`. */
export function blame(side: Side, error: unknown): StoreError {
  if (error instanceof StoreError) {
    if (error.side !== null) return error;
    const { code, message, cause, overload, isOvertaken } = error;
    return new StoreError(code, message, { cause, side, overload, isOvertaken });
  }
  return new StoreError('unavailable', `the ${side}'s store failed unexpectedly`, { cause: error, side });
}
