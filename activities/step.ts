import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Watch } from '../src/stores/index.ts';
import { toFailure } from './failures.ts';
import { confirmLease } from './lease.ts';

/** Far below any heartbeat timeout; the SDK sends fewer (maxHeartbeatThrottleInterval). */
const HEARTBEAT_INTERVAL = 100;

/**
 * Runs one step of a copy at the stores: heartbeats as long as it lasts, so that a dead worker is noticed
 * soon, and gives up on a fault that does not pass within `patience` milliseconds of the first attempt, or of
 * when it has got on last.
 */
export async function step<T>(
  client: Client,
  patience: number,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  let began = firstAttempt();
  const { cancellationSignal: signal } = Context.current();
  const moved = () => {
    began = Date.now();
  };
  const details = () => ({ began });
  const confirm = () => confirmLease(client, details());
  try {
    return await heartbeating(details, () => work({ signal, moved, confirm }));
  } catch (error) {
    throw toFailure(signal.aborted ? signal.reason : error, Date.now() - began, patience);
  }
}

/** Does a piece of work, and heartbeats with fresh details until it is done. */
export async function heartbeating<T>(details: () => unknown, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = () => context.heartbeat(details());
  const timer = setInterval(beat, HEARTBEAT_INTERVAL);
  try {
    return await work();
  } catch (error) {
    // For the next attempt. A success needs none, and costs the server a write less without.
    beat();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Returns when the first attempt of this step began, later by all the time that attempts have waited for a
 * worker; milliseconds since the epoch.
 */
function firstAttempt(): number {
  const { heartbeatDetails } = Context.current().info;
  return typeof heartbeatDetails?.began === 'number' ? heartbeatDetails.began + queuedFor() : Date.now();
}

/**
 * Returns for how many milliseconds this attempt has waited for a worker. Nobody could get anywhere
 * meanwhile.
 */
export function queuedFor(): number {
  return Math.max(0, Date.now() - Context.current().info.currentAttemptScheduledTimestampMs);
}
