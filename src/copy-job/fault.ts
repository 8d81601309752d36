import type { Side } from '../image/index.ts';

/** Why a job failed, or why it stands still: fit for a tenant's eyes. */
export interface Fault {
  /**
   * A store's error code, or one of the job's own: `invalid_request`, `no_worker`, `stalled`, `terminated`,
   * `timed_out`, `internal`.
   */
  readonly code: string;
  readonly side: Side | null;
  readonly message: string;
}

/** Reads a fault that came back from Temporal; `undefined` where it is none. */
export function parseFault(value: unknown): Fault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, side, message } = value as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  return { code, side: side === 'source' || side === 'destination' ? side : null, message };
}
