import { Context } from '@temporalio/activity';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  type Client,
} from '@temporalio/client';
import { isFinal, jobInMemo } from '../src/copy-job/index.ts';
import { type Confirm, StoreError } from '../src/stores/index.ts';
import { type Chain, chainOf } from '../src/temporal/index.ts';
import { currentRun } from './current-run.ts';

/**
 * Returns the number of this attempt, which serves as a fencing token. It is the time at which Temporal
 * scheduled the attempt. So it is higher than the number of every earlier attempt at any step of the job.
 * (`info.attempt` cannot serve as the number: it begins at 1 with every step.)
 */
export function attemptNumber(): number {
  return Context.current().info.currentAttemptScheduledTimestampMs;
}

/**
 * Tells whether Temporal has given up on this attempt. Another attempt may then be running, or the job may
 * have ended.
 */
export function isSuperseded(): boolean {
  const { notFound, timedOut } = Context.current().cancellationDetails ?? {};
  return notFound === true || timedOut === true;
}

/**
 * Tells whether the job of this attempt is known to have ended. No later step of the job will then clean up
 * after the attempt. Returns `false` if Temporal does not answer, or does not know the job any more.
 */
export async function jobHasEnded(client: Client, mark: string): Promise<boolean> {
  return (await knownChain(client, mark))?.state === 'closed';
}

/**
 * Tells whether the job's own removal of its copy may be over already. That is so if
 * - the job is known to have ended,
 * - the job is known to be undoing its copy, or to be cancelled by force, or
 * - Temporal knows neither the job nor this attempt, for example because somebody has deleted the job's
 *   workflow.
 *
 * The attempt then has to remove whatever it still creates. Returns `false` if Temporal does not answer.
 */
export async function jobHasEndedOrUndoes(client: Client, mark: string): Promise<boolean> {
  const chain = await knownChain(client, mark);
  if (chain?.state === 'closed') return true;
  // This alone does not show that the job was deleted: a cluster to which the namespace is replicated may not
  // know the job yet. So a heartbeat asks whether Temporal knows this attempt.
  if (chain?.state === 'gone') return isUnknownToTemporal(client);
  if (chain?.state !== 'open') return false;
  const { phase, cancel, status } = jobInMemo(chain.memo) ?? {};
  if (phase === 'discard' || cancel?.force !== undefined) return true;
  // A job shows its last status shortly before its workflow closes.
  return status !== undefined && isFinal(status);
}

/**
 * Tells whether Temporal does not know this attempt. Sends a heartbeat to find out. A heartbeat replaces the
 * details that the next attempt would read. So this one repeats the details that this attempt has read.
 */
async function isUnknownToTemporal(client: Client): Promise<boolean> {
  const { taskToken, heartbeatDetails } = Context.current().info;
  return client.activity.heartbeat(taskToken, heartbeatDetails).then(
    () => false,
    (error) => error instanceof ActivityNotFoundError,
  );
}

/** Returns what Temporal knows of the runs of this attempt's job; `undefined` if Temporal does not answer. */
async function knownChain(client: Client, mark: string): Promise<Chain | undefined> {
  return chainOf(client, currentRun().workflowId, mark).catch(() => undefined);
}

/**
 * Checks, by a heartbeat, that Temporal still waits for this attempt. Throws `unavailable` if Temporal no
 * longer waits for it, does not answer, or has paused or reset the step.
 * @param details the details of the heartbeat
 */
export async function confirmLease(client: Client, details: unknown): Promise<void> {
  try {
    await client.activity.heartbeat(Context.current().info.taskToken, details);
  } catch (error) {
    // A cancelled attempt still has its lease: the workflow waits until the attempt has ended.
    if (error instanceof ActivityCancelledError) return;
    throw new StoreError('unavailable', `the change ${whyNotConfirmed(error)}`, { cause: error });
  }
}

function whyNotConfirmed(error: unknown): string {
  if (error instanceof ActivityNotFoundError)
    return 'is no longer wanted: the step has ended, or another attempt has it';
  if (error instanceof ActivityPausedError) return 'has to wait: the step is paused';
  if (error instanceof ActivityResetError) return 'has to wait: the step was reset, and begins anew';
  return 'could not be confirmed with Temporal';
}

/**
 * Returns the error with which an attempt ends: `error`, with one exception. A store may say that a later
 * attempt has taken over, while Temporal still waits for this attempt. Then there is no later attempt: the
 * clock of Temporal's server was set back, and this attempt's number is too low. The returned error is then
 * `unavailable`, so that the step is tried again until the clock has caught up.
 * @param details the details of the heartbeat that asks Temporal
 */
export async function unlessClockWasSetBack(
  client: Client,
  error: unknown,
  details: unknown,
): Promise<unknown> {
  if (!(error instanceof StoreError) || !error.isOvertaken) return error;
  const isLatest = await confirmLease(client, details).then(
    () => true,
    () => false,
  );
  if (!isLatest) return error;
  const message = "waiting until the clock of Temporal's server, which was set back, has caught up";
  return new StoreError('unavailable', message, { cause: error, ...(error.side && { side: error.side }) });
}

/** The longest time for which an answer from Temporal is trusted; milliseconds. */
const TRUSTED_FOR = 5000;

/**
 * Returns a function that confirms the lease. It may be called often, because it remembers the last answer of
 * `confirmLease`. It trusts an answer for five seconds, or for half the heartbeat timeout if that is shorter.
 * If the caller gives a time (`since`), it trusts only an answer to a question that it asked at that time or
 * later. Calls at the same time share one question.
 *
 * An attempt that was frozen, or cut off from Temporal, finds its last answer too old. So it asks again
 * before it changes anything else.
 * @param details returns the details for the heartbeats of `confirmLease`
 */
export function lastingLease(client: Client, details: () => unknown): Confirm {
  const { heartbeatTimeoutMs = TRUSTED_FOR } = Context.current().info;
  const { cancellationSignal: signal } = Context.current();
  const trustedFor = Math.min(TRUSTED_FOR, heartbeatTimeoutMs / 2);
  let asked: { readonly at: number; readonly answer: Promise<void> } | undefined;
  return async (since = Number.NEGATIVE_INFINITY) => {
    const isOld = () => asked === undefined || asked.at < since || performance.now() - asked.at > trustedFor;
    do {
      signal.throwIfAborted();
      // If the last question is too old for this caller, but still under way, waits for its end. Another call
      // may have asked anew by then, and this call shares that question.
      if (isOld()) await asked?.answer.catch(() => {});
      if (asked === undefined || isOld()) {
        asked = { at: performance.now(), answer: confirmLease(client, details()) };
      }
      await asked.answer;
      // If the process was frozen while it waited for the answer, the answer is too old already.
    } while (isOld());
  };
}
