import {
  type Client,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  CANCEL_SIGNAL,
  type CancelRequest,
  isCancellable,
  isFinal,
  isForcible,
  JOB_STATUS_CONFLICT,
  REQUEST_CANCEL_UPDATE,
} from '../copy-job/index.ts';
import { JobError } from './errors.ts';
import { findJob, unavailable } from './find.ts';
import { resumeJob } from './pause.ts';
import type { Caller, JobView } from './service.ts';
import { sendUpdate } from './update.ts';
import { liveView } from './view.ts';

/**
 * Cancels a job by an update, which the workflow accepts or rejects. If no worker can take the update, the
 * status on record decides, and the next worker that runs the job gets the cancel as a signal.
 * @throws JobError `conflict` if it is too late to cancel, `not_found`, or `unavailable`
 */
export async function cancelJob(
  client: Client,
  caller: Caller,
  jobId: string,
  request: CancelRequest,
): Promise<void> {
  const description = await findJob(client, caller, jobId);
  const before = await liveView(client, description);
  if (!mayCancel(before, request)) throw tooLate(before.status);
  // A paused workflow handles neither updates nor signals.
  if (before.paused) await resumeJob(client, caller, jobId, { reason: 'to cancel it', ...byWhom(request) });
  // The resumption may have reset the job, which then has another run.
  const { runId } = before.paused ? await findJob(client, caller, jobId) : description;
  const handle = client.workflow.getHandle(jobId, runId);
  const isAnswered = await sendUpdate(client, handle, REQUEST_CANCEL_UPDATE, request).catch((error) => {
    if (error instanceof WorkflowNotFoundError) throw tooLate('closed');
    if (error instanceof WorkflowUpdateFailedError && isStatusConflict(error.cause)) {
      throw new JobError('conflict', error.cause.message);
    }
    throw unavailable(error);
  });
  if (!isAnswered) await leaveCancel(client, caller, handle, request);
}

function byWhom({ requested_by }: CancelRequest): { readonly requested_by: string } {
  return { requested_by: requested_by ?? 'unknown' };
}

function mayCancel({ status, cancel }: JobView, { force }: CancelRequest): boolean {
  return isCancellable(status) || (force === true && isForcible(status, cancel));
}

/**
 * Leaves a cancel for the next worker, in two ways. A signal survives a reset of the job. A native
 * cancellation does not survive a reset, but clients see it at once.
 */
async function leaveCancel(
  client: Client,
  caller: Caller,
  handle: WorkflowHandle,
  request: CancelRequest,
): Promise<void> {
  const job = await liveView(client, await findJob(client, caller, handle.workflowId));
  // The update may have been accepted, although its answer did not come in time.
  if (job.status === 'canceled' || (job.cancel !== null && job.cancel.force === request.force)) return;
  if (isFinal(job.status)) throw tooLate(job.status);
  try {
    await handle.signal(CANCEL_SIGNAL, request);
    if (isCancellable(job.status)) await handle.cancel();
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? tooLate('closed') : unavailable(error);
  }
}

function isStatusConflict(cause: Error | undefined): cause is ApplicationFailure {
  return cause instanceof ApplicationFailure && cause.type === JOB_STATUS_CONFLICT;
}

function tooLate(status: string): JobError {
  return new JobError('conflict', `the job is ${status}: it can no longer be cancelled`);
}
