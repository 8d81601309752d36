import type { ByteRange } from '../image/index.ts';
import { type Fault, parseFault } from './fault.ts';

/**
 * The heartbeat details of a running transfer. They suffice to show how far the transfer is. Another worker
 * can continue the transfer from them.
 */
export interface TransferProgress {
  /** The byte ranges that the destination has, sorted. No two of them overlap or touch. */
  readonly ranges: readonly ByteRange[];
  /** The most bytes that any attempt has reported. This number never decreases. */
  readonly high_water: number;
  /** When a byte was last moved, or read back for the digest; milliseconds since the epoch. */
  readonly moved_at: number;
  /** The number of attempts in a row that came no farther than an earlier one. */
  readonly futile: number;
  /** When the first of those attempts broke off; milliseconds since the epoch. `null` if there is none. */
  readonly futile_since: number | null;
  /** The last fault after which the transfer was retried; `null` if it has moved bytes since. */
  readonly last_fault: Fault | null;
  /** The name of the bandwidth limit that slows the transfer down; absent if none does. */
  readonly held_by?: string;
}

/**
 * Reads heartbeat details. Returns `undefined` if they are not those of a transfer. An attempt then begins as
 * if there had been no earlier one.
 */
export function parseProgress(value: unknown): TransferProgress | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { ranges, high_water, moved_at } = fields;
  const { futile, futile_since, last_fault, held_by } = fields;
  if (!Array.isArray(ranges) || !isCount(high_water) || !isCount(moved_at)) return undefined;
  let previousEnd = -1;
  for (const range of ranges) {
    if (!Array.isArray(range) || !isCount(range[0]) || !isCount(range[1])) return undefined;
    if (range[0] <= previousEnd || range[1] <= range[0]) return undefined;
    previousEnd = range[1];
  }
  return {
    ranges,
    high_water,
    moved_at,
    futile: isCount(futile) ? futile : 0,
    futile_since: isCount(futile_since) ? futile_since : null,
    last_fault: parseFault(last_fault) ?? null,
    ...(typeof held_by === 'string' && { held_by }),
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
