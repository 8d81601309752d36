import type { Side } from '../image/index.ts';

/**
 * The codes of a store's errors. `StoreErrorCode` in src/stores explains them. If one of them is missing
 * here, the compiler reports it.
 */
const STORE_FAULTS = [
  'not_found',
  'not_active',
  'forbidden',
  'conflict',
  'changed',
  'truncated',
  'digest_mismatch',
  'lost',
  'spoilt',
  'quota_exceeded',
  'invalid_image',
  'unavailable',
  'stalled',
] as const;

/**
 * The codes of faults that no store reports.
 * - `invalid_request`: the request can never succeed
 * - `no_worker`: no worker has come for a step
 * - `worker_lost`: the worker of a step sends no heartbeats any more
 * - `canceled`: a task was cancelled, or the copy of one of its objects
 * - `terminated`, `timed_out`: Temporal has ended the workflow from outside
 * - `internal`: an unexpected error
 */
const JOB_FAULTS = [
  'invalid_request',
  'no_worker',
  'worker_lost',
  'canceled',
  'terminated',
  'timed_out',
  'internal',
] as const;

const FAULT_CODES = [...STORE_FAULTS, ...JOB_FAULTS] as const;

export type FaultCode = (typeof FAULT_CODES)[number];

/** The reason why a job has failed, or why it makes no progress. A tenant MAY see all of it. */
export interface Fault {
  readonly code: FaultCode;
  readonly side: Side | null;
  readonly message: string;
}

/**
 * Reads a fault that came back from Temporal. Returns `undefined` if the value is not a fault. A code that
 * this version does not know becomes `internal`.
 */
export function parseFault(value: unknown): Fault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, side, message } = value as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  return {
    code: isFaultCode(code) ? code : 'internal',
    side: side === 'source' || side === 'destination' ? side : null,
    message,
  };
}

function isFaultCode(code: string): code is FaultCode {
  return (FAULT_CODES as readonly string[]).includes(code);
}
