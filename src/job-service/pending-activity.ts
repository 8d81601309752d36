import type { WorkflowExecutionDescription } from '@temporalio/client';
import { ApplicationFailure, type LoadedDataConverter } from '@temporalio/common';
import { type Fault, parseFault, parseProgress, type TransferProgress } from '../copy-job/index.ts';
import { decodeOptionalFailureToOptionalError, lastHeartbeat, optionalTsToDate } from '../temporal/index.ts';
import type { WaitingTask } from './waiting.ts';

/** The present step of a job, as Temporal's server knows it without asking a worker. */
export interface PresentStep {
  readonly attempt: number;
  readonly progress: TransferProgress | undefined;
  readonly lastFault: Fault | null;
  /** The time of the next attempt; `null` if this time has passed, or if an attempt is running. */
  readonly nextAttempt: Date | null;
  /** The attempt that waits for a worker; `null` if an attempt is running, or if none is due yet. */
  readonly waiting: WaitingTask | null;
}

type PendingActivity = NonNullable<Raw['pendingActivities']>[number];
type Raw = WorkflowExecutionDescription['raw'];

/** The types of failure with which the SDK ends an attempt that an operator has paused or reset. */
const BY_OPERATOR: ReadonlySet<string> = new Set(['ActivityPause', 'ActivityReset']);

/** A value of `temporal.api.enums.v1.PendingActivityState`. */
const SCHEDULED = 1;

/** Reads the first pending activity of a workflow. Returns `null` if there is none. */
export async function presentStep(raw: Raw, converter: LoadedDataConverter): Promise<PresentStep | null> {
  const activity = raw.pendingActivities?.[0];
  return activity === undefined ? null : stepOf(activity, converter);
}

/** Reads a pending activity: a step of a job, or of a task. */
export async function stepOf(
  activity: PendingActivity,
  converter: LoadedDataConverter,
): Promise<PresentStep> {
  const failure = await decodeOptionalFailureToOptionalError(converter, activity.lastFailure);
  const beat = await lastHeartbeat(activity, converter);
  const progress = parseProgress(beat);
  const due = optionalTsToDate(activity.nextAttemptScheduleTime) ?? optionalTsToDate(activity.scheduledTime);
  const isDue = due !== undefined && due.getTime() <= Date.now();
  const isScheduled = activity.state === SCHEDULED;
  const taskQueue = activity.activityOptions?.taskQueue?.name || null;
  const started = isScheduled ? undefined : optionalTsToDate(activity.lastStartedTime);
  // Once the running attempt has moved something, the fault of the attempt before no longer counts.
  const hasMoved = started !== undefined && movedAt(beat) > started.getTime();
  return {
    attempt: activity.attempt ?? 1,
    progress,
    lastFault: progress?.last_fault ?? (hasMoved ? null : faultOf(failure)),
    nextAttempt: isScheduled && !isDue ? (due ?? null) : null,
    waiting: isScheduled && isDue ? { kind: 'activity', taskQueue, since: due } : null,
  };
}

/** Returns the fault that ended an attempt; `null` if there is none, or if an operator ended the attempt. */
function faultOf(failure: Error | undefined): Fault | null {
  if (failure === undefined) return null;
  const application = failure instanceof ApplicationFailure ? failure : undefined;
  if (BY_OPERATOR.has(application?.type ?? '')) return null;
  const fault = parseFault(application?.details?.[0]);
  return fault ?? { code: 'worker_lost', side: null, message: failure.message };
}

/**
 * Reads from a heartbeat when the transfer or the batch last moved something; milliseconds since the epoch.
 * Returns 0 if the heartbeat does not say.
 */
function movedAt(beat: unknown): number {
  const { moved_at } = (beat ?? {}) as { readonly moved_at?: unknown };
  return typeof moved_at === 'number' ? moved_at : 0;
}
