import { StoreError } from '../stores/index.ts';
import { pause } from '../wait/index.ts';
import type { Ledger } from './ledger.ts';

/** How long a copy may stand still; milliseconds. */
export interface Patience {
  /** A part that moves no byte for this long is read, or put, again. */
  readonly stall_after: number;
  /** A copy that moves no byte for this long has failed. */
  readonly give_up_after: number;
}

/** The facts by which `waitForRetry` decides whether a request is made again. */
export interface RetryContext {
  readonly patience: Patience;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** Called with the fault before each further try. */
  readonly onFault: (fault: StoreError) => void;
}

/** The pause before the second try; milliseconds. Each further pause is twice as long, up to `MAX_PAUSE`. */
export const FIRST_PAUSE = 200;
const MAX_PAUSE = 10_000;
/** The longest time for which a timer of Node.js can wait; milliseconds. */
export const MAX_TIMER = 2 ** 31 - 1;

/** Returns the pause that follows a pause of this many milliseconds. */
export function nextPause(milliseconds: number): number {
  return Math.min(milliseconds * 2, MAX_PAUSE);
}

/**
 * Waits before another try. Throws the fault if another try would not help, and `stalled` if no byte has
 * moved for too long. Rejects with the signal's reason.
 */
export async function waitForRetry(
  fault: StoreError,
  context: RetryContext,
  milliseconds: number,
): Promise<void> {
  const { signal } = context;
  signal.throwIfAborted();
  // If bytes are lost, the transfer has to start over. Another try at this request would not help.
  if (!fault.retryable || fault.code === 'lost') throw fault;
  assertPatience(fault, context);
  context.onFault(fault);
  if (milliseconds > 0) await pause(milliseconds, signal);
}

/** Throws `stalled` if no byte has moved for longer than a copy may stand still. */
function assertPatience(fault: StoreError, { patience, ledger }: RetryContext): void {
  const { give_up_after } = patience;
  if (Date.now() - ledger.movedAt < give_up_after) return;
  const message = `no byte has moved for ${give_up_after / 1000} s: ${fault.message}`;
  throw new StoreError('stalled', message, { cause: fault, side: fault.side ?? 'source' });
}
