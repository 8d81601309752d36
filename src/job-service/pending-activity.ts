import type { WorkflowExecutionDescription } from '@temporalio/client';
import { ApplicationFailure, type LoadedDataConverter } from '@temporalio/common';
import { type Fault, parseFault, parseProgress, type TransferProgress } from '../copy-job/index.ts';
import { decodeOptionalFailureToOptionalError, lastHeartbeat, optionalTsToDate } from '../temporal/index.ts';

/** The present step of a job, as Temporal's server sees it. No worker is asked. */
export interface PresentStep {
  readonly attempt: number;
  readonly progress: TransferProgress | undefined;
  readonly lastFault: Fault | null;
  /** The time of the next attempt; `null` if it is due already, or an attempt is running. */
  readonly nextAttempt: Date | null;
  /**
   * The time since which a worker could have taken the step up; `null` if an attempt is running, or none is
   * due yet.
   */
  readonly queuedSince: Date | null;
  readonly taskQueue: string | null;
}

type Raw = WorkflowExecutionDescription['raw'];

/** The types of failure with which the SDK ends an attempt that an operator has paused or reset. */
const BY_OPERATOR: ReadonlySet<string> = new Set(['ActivityPause', 'ActivityReset']);

/** A value of `temporal.api.enums.v1.PendingActivityState`. */
const SCHEDULED = 1;

/** Reads the pending activity of a workflow; returns `null` if there is none. */
export async function presentStep(raw: Raw, converter: LoadedDataConverter): Promise<PresentStep | null> {
  const activity = raw.pendingActivities?.[0];
  if (activity === undefined) return null;
  const failure = await decodeOptionalFailureToOptionalError(converter, activity.lastFailure);
  const progress = parseProgress(await lastHeartbeat(raw, converter));
  const due = optionalTsToDate(activity.nextAttemptScheduleTime) ?? optionalTsToDate(activity.scheduledTime);
  const isDue = due !== undefined && due.getTime() <= Date.now();
  const queued = activity.state === SCHEDULED;
  return {
    attempt: activity.attempt ?? 1,
    progress,
    lastFault:
      progress?.last_fault ?? (failure === undefined || isByOperator(failure) ? null : faultOf(failure)),
    nextAttempt: queued && !isDue ? (due ?? null) : null,
    queuedSince: queued && isDue ? due : null,
    taskQueue: activity.activityOptions?.taskQueue?.name || null,
  };
}

/** Tells whether an attempt has ended because an operator has paused or reset the activity. */
function isByOperator(failure: Error): boolean {
  return failure instanceof ApplicationFailure && BY_OPERATOR.has(failure.type ?? '');
}

function faultOf(failure: Error): Fault {
  const fault = failure instanceof ApplicationFailure ? parseFault(failure.details?.[0]) : undefined;
  return fault ?? { code: 'worker_lost', side: null, message: failure.message };
}
