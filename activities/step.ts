import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Watch } from '../src/stores/index.ts';
import { toFailure } from './failures.ts';
import { confirmLease, unlessClockWasSetBack } from './lease.ts';

/**
 * The time between two heartbeats of a step; milliseconds. It is far below any heartbeat timeout. The SDK
 * sends fewer of them to the server (maxHeartbeatThrottleInterval).
 */
const HEARTBEAT_INTERVAL = 100;

/**
 * Runs one step of a copy at the stores, and sends heartbeats until it has ended. A fault that may pass is
 * retried until there has been no progress for `patience` milliseconds.
 */
export async function runStep<T>(
  client: Client,
  patience: number,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  let movedAt = lastProgress();
  const { cancellationSignal: signal } = Context.current();
  const moved = () => {
    movedAt = Date.now();
  };
  // The time keeps the key `began`, because attempts on workers of another version read it too.
  const details = () => ({ about: `last progress at ${new Date(movedAt).toISOString()}`, began: movedAt });
  const confirm = () => confirmLease(client, details());
  try {
    return await heartbeating(details, () => work({ signal, moved, confirm }));
  } catch (error) {
    const found = signal.aborted ? signal.reason : await unlessClockWasSetBack(client, error, details());
    throw toFailure(found, Date.now() - movedAt, patience);
  }
}

/** Does the work, and sends heartbeats with fresh details until it is done. */
export async function heartbeating<T>(details: () => unknown, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = () => context.heartbeat(withPause(details()));
  const timer = setInterval(beat, HEARTBEAT_INTERVAL);
  try {
    return await work();
  } catch (error) {
    // The next attempt reads this heartbeat. After a success, there is no next attempt.
    beat();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Returns the details of a heartbeat, with a note for the next attempt if a pause has ended this attempt. */
function withPause(details: unknown): unknown {
  const { paused = false } = Context.current().cancellationDetails ?? {};
  return paused ? { ...(details as object | null), paused } : details;
}

/**
 * Returns the time from which the time without progress counts; milliseconds since the epoch. It is the time
 * of the step's last progress, or of its first attempt if there was no progress.
 */
function lastProgress(): number {
  const { heartbeatDetails } = Context.current().info;
  return typeof heartbeatDetails?.began === 'number' ? countedFrom(heartbeatDetails.began) : Date.now();
}

/**
 * Returns the time from which this attempt counts the time without progress; milliseconds since the epoch. A
 * pause that has ended the attempt before does not count, and neither does the wait for a worker.
 * @param movedAt the time of the last progress that the attempts before have made
 */
export function countedFrom(movedAt: number): number {
  const { heartbeatDetails, currentAttemptScheduledTimestampMs } = Context.current().info;
  if (heartbeatDetails?.paused === true) return Date.now();
  return movedAt + Math.max(0, Date.now() - currentAttemptScheduledTimestampMs);
}
