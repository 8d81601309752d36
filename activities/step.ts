import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Watch } from '../src/stores/index.ts';
import { toFailure } from './failures.ts';
import { confirmLease } from './lease.ts';

/**
 * How often a step heartbeats; milliseconds. This is far below any heartbeat timeout; the SDK sends fewer
 * (maxHeartbeatThrottleInterval).
 */
const HEARTBEAT_INTERVAL = 100;

/**
 * Runs one step of a copy at the stores. Heartbeats until the step has ended, so that a dead worker is
 * noticed soon. Gives up if a fault does not pass within `patience` milliseconds of the first attempt, or of
 * the step's last progress.
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
  const details = () => ({ about: `last progress at ${new Date(began).toISOString()}`, began });
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
    // This beat is for the next attempt. After a success there is none, and the server is spared a write.
    beat();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Returns when the first attempt of this step began, plus the time that attempts have waited for a worker;
 * milliseconds since the epoch.
 */
function firstAttempt(): number {
  const { heartbeatDetails } = Context.current().info;
  return typeof heartbeatDetails?.began === 'number' ? heartbeatDetails.began + queuedFor() : Date.now();
}

/**
 * Returns for how many milliseconds this attempt has waited for a worker. The step could make no progress
 * then.
 */
export function queuedFor(): number {
  return Math.max(0, Date.now() - Context.current().info.currentAttemptScheduledTimestampMs);
}
