import type { WorkflowExecutionDescription } from '@temporalio/client';
import { ApplicationFailure, type LoadedDataConverter } from '@temporalio/common';
import { type Fault, parseFault, parseProgress, type TransferProgress } from '../copy-job/index.ts';
import { decodeOptionalFailureToOptionalError, lastHeartbeat, optionalTsToDate } from '../temporal/index.ts';

/** The step that a job is at, as Temporal's server sees it: no worker is asked. */
export interface PresentStep {
  readonly attempt: number;
  readonly progress: TransferProgress | undefined;
  readonly lastFault: Fault | null;
  /** When the next attempt is due, if that is yet to come. */
  readonly nextAttempt: Date | null;
  /** Since when a worker could have taken it up, if none has. */
  readonly queuedSince: Date | null;
  readonly taskQueue: string | null;
}

type Raw = WorkflowExecutionDescription['raw'];

/** `temporal.api.enums.v1.PendingActivityState`. */
const SCHEDULED = 1;

/** Reads the activity that is pending; `null` where none is. */
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
    lastFault: progress?.last_fault ?? (failure === undefined ? null : faultOf(failure)),
    nextAttempt: queued && !isDue ? (due ?? null) : null,
    queuedSince: queued && isDue ? due : null,
    taskQueue: activity.activityOptions?.taskQueue?.name || null,
  };
}

function faultOf(failure: Error): Fault {
  const fault = failure instanceof ApplicationFailure ? parseFault(failure.details?.[0]) : undefined;
  return fault ?? { code: 'worker_lost', side: null, message: failure.message };
}
