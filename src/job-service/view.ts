import type { Client, WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import {
  copyProgress,
  type Fault,
  isCancellable,
  isFinal,
  type JobDetails,
  jobInMemo,
  requestedDetails,
} from '../copy-job/index.ts';
import { endedTransferBytes } from './ended-transfer.ts';
import { pauseOf } from './paused.ts';
import { type PresentStep, presentStep } from './pending-activity.ts';
import type { JobView } from './service.ts';
import { type WaitingTask, waitingFor, waitingWorkflowTask } from './waiting.ts';

type Execution = Omit<WorkflowExecutionInfo, 'raw'>;

/**
 * Returns a job as its record shows it. If its workflow has closed without a final status on record, derives
 * the status from how the workflow has closed.
 */
export function recordedView(execution: Execution): JobView {
  const { workflowId, startTime, memo } = execution;
  const job = { ...requestedDetails(workflowId, null, startTime), ...jobInMemo(memo) };
  return {
    ...withClosingStatus(job, execution),
    attempt: null,
    last_fault: null,
    next_retry_at: null,
    waiting_for: null,
    held_back_by: null,
    paused: execution.status.name === 'PAUSED',
    pause: null,
  };
}

/**
 * Returns the present state of a job: its record, updated by its last heartbeat, and what the job waits for.
 */
export async function liveView(client: Client, description: WorkflowExecutionDescription): Promise<JobView> {
  const recorded = recordedView(description);
  if (isFinal(recorded.status)) return recorded;
  const { workflowExtendedInfo } = description.raw;
  const isCancelPending = workflowExtendedInfo?.cancelRequested && isCancellable(recorded.status);
  const pause = pauseOf(description);
  const shown = { ...recorded, paused: pause !== null, pause };
  const view: JobView = isCancelPending ? { ...shown, status: 'cancel_requested' } : shown;
  const step = await presentStep(description.raw, client.options.loadedDataConverter);
  // A paused job waits for no worker.
  const waiting = async (task: WaitingTask | null) =>
    view.paused || task === null ? null : waitingFor(client, task);
  if (step !== null) return { ...withStep(view, step), waiting_for: await waiting(step.waiting) };
  const bytes =
    view.phase === 'transfer' ? await endedTransferBytes(client, description, view.image_size) : 0;
  return { ...withBytes(view, bytes), waiting_for: await waiting(waitingWorkflowTask(description)) };
}

function withClosingStatus(job: JobDetails, { status, closeTime }: Execution): JobDetails {
  // Without a close time, the workflow is running or paused.
  if (closeTime === undefined || isFinal(job.status)) return job;
  const updated_at = closeTime.toISOString();
  const closed = { ...job, phase: null, destination_image_id: null, updated_at };
  if (status.name === 'CANCELLED') return { ...closed, status: 'canceled' };
  return { ...closed, status: 'error', fault: faultOf(status.name) };
}

/** Returns the reason why a job has ended, if the job could not record it. */
function faultOf(closedAs: Execution['status']['name']): Fault {
  if (closedAs === 'TERMINATED')
    return { code: 'terminated', side: null, message: 'the workflow was terminated: it could not clean up' };
  const code = closedAs === 'TIMED_OUT' ? 'timed_out' : 'internal';
  return { code, side: null, message: `the workflow closed as ${closedAs}` };
}

function withStep(view: JobView, step: PresentStep): JobView {
  const moved = Math.max(step.progress?.moved_at ?? 0, Date.parse(view.updated_at));
  return {
    ...withBytes(view, step.progress?.high_water ?? 0),
    updated_at: new Date(moved).toISOString(),
    attempt: step.attempt,
    last_fault: step.lastFault,
    held_back_by: step.waiting === null ? (step.progress?.held_by ?? null) : null,
    next_retry_at: view.paused ? null : (step.nextAttempt?.toISOString() ?? null),
  };
}

function withBytes(view: JobView, bytes: number): JobView {
  const bytes_copied = Math.max(view.bytes_copied, bytes);
  const copy_progress = copyProgress(view.status, bytes_copied, view.image_size);
  return { ...view, bytes_copied, copy_progress: Math.max(view.copy_progress, copy_progress) };
}
