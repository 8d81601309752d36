import {
  type Client,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  type CancelRequest,
  isCancellable,
  JOB_STATUS_CONFLICT,
  REQUEST_CANCEL_UPDATE,
} from '../copy-job/index.ts';
import { JobError } from './errors.ts';
import { findJob, unavailable } from './find.ts';
import type { Caller } from './service.ts';
import { liveView } from './view.ts';

/** How long a worker has to answer; milliseconds. */
const DEADLINE = 2000;

/**
 * Cancels by update, which the workflow answers with yes or no. Where no worker is there to answer, the
 * status on record decides, and a native cancellation waits for the next worker.
 */
export async function cancelJob(
  client: Client,
  caller: Caller,
  jobId: string,
  request: CancelRequest,
): Promise<void> {
  const description = await findJob(client, caller, jobId);
  const before = await liveView(client, description);
  if (!isCancellable(before.status)) throw tooLate(before.status);
  const handle = client.workflow.getHandle(jobId, description.runId);
  try {
    await client.withDeadline(Date.now() + DEADLINE, () =>
      handle.executeUpdate(REQUEST_CANCEL_UPDATE, { args: [request] }),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw tooLate('closed');
    if (error instanceof WorkflowUpdateFailedError && isStatusConflict(error.cause)) {
      throw new JobError('conflict', error.cause.message);
    }
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw unavailable(error);
    await cancelNatively(client, caller, handle);
  }
}

async function cancelNatively(client: Client, caller: Caller, handle: WorkflowHandle): Promise<void> {
  const description = await findJob(client, caller, handle.workflowId);
  const { status } = await liveView(client, description);
  // The update that was given up on may have been accepted after all.
  if (status === 'cancel_requested' || status === 'canceling' || status === 'canceled') return;
  if (!isCancellable(status)) throw tooLate(status);
  await handle.cancel().catch((error) => {
    throw error instanceof WorkflowNotFoundError ? tooLate('closed') : unavailable(error);
  });
}

function isStatusConflict(cause: Error | undefined): cause is ApplicationFailure {
  return cause instanceof ApplicationFailure && cause.type === JOB_STATUS_CONFLICT;
}

function tooLate(status: string): JobError {
  return new JobError('conflict', `the job is ${status}: it can no longer be cancelled`);
}
