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
  /** The time of the next attempt; `null` if that time has passed already, or if an attempt is running. */
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
  const queued = activity.state === SCHEDULED;
  const taskQueue = activity.activityOptions?.taskQueue?.name || null;
  // The fault of an earlier attempt no longer counts once this attempt has moved something.
  const started = queued ? undefined : optionalTsToDate(activity.lastStartedTime);
  const hasMoved = started !== undefined && movedAt(beat) > started.getTime();
  const earlier =
    failure === undefined || hasMoved || isByOperator(failure) ? null : faultOfLastFailure(failure);
  return {
    attempt: activity.attempt ?? 1,
    progress,
    lastFault: progress?.last_fault ?? earlier,
    nextAttempt: queued && !isDue ? (due ?? null) : null,
    waiting: queued && isDue ? { kind: 'activity', taskQueue, since: due } : null,
  };
}

/** Tells whether an attempt has ended because an operator has paused or reset the activity. */
function isByOperator(failure: Error): boolean {
  return failure instanceof ApplicationFailure && BY_OPERATOR.has(failure.type ?? '');
}

function faultOfLastFailure(failure: Error): Fault {
  const fault = failure instanceof ApplicationFailure ? parseFault(failure.details?.[0]) : undefined;
  return fault ?? { code: 'worker_lost', side: null, message: failure.message };
}

/**
 * Reads from a heartbeat when the transfer or the batch last moved something; milliseconds since the epoch.
 * Returns 0 if the heartbeat does not say so.
 */
function movedAt(beat: unknown): number {
  const { moved_at } = (beat ?? {}) as { readonly moved_at?: unknown };
  return typeof moved_at === 'number' ? moved_at : 0;
}
