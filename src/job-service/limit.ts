import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { isFinal, LIMIT_BANDWIDTH } from '../copy-job/index.ts';
import { JobError } from './errors.ts';
import { findJob, unavailable } from './find.ts';
import type { Caller } from './service.ts';
import { sendUpdate } from './update.ts';
import { recordedView } from './view.ts';

/**
 * Limits the bandwidth of a job by an update. If no worker can take the update, the next worker that runs the
 * job gets the limit as a signal.
 * @param rate bytes a second; `null` for no limit
 * @throws JobError `conflict` if the job has ended, `not_found`, or `unavailable`
 */
export async function limitJob(
  client: Client,
  caller: Caller,
  jobId: string,
  rate: number | null,
): Promise<void> {
  const description = await findJob(client, caller, jobId);
  const { status } = recordedView(description);
  if (isFinal(status)) throw tooLate(status);
  const handle = client.workflow.getHandle(jobId, description.runId);
  try {
    if (await sendUpdate(client, handle, LIMIT_BANDWIDTH, rate)) return;
    await handle.signal(LIMIT_BANDWIDTH, rate);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw tooLate('closed');
    if (error instanceof WorkflowUpdateFailedError)
      throw new JobError('conflict', error.cause?.message ?? error.message, { cause: error });
    throw unavailable(error);
  }
}

function tooLate(status: string): JobError {
  return new JobError('conflict', `the job is ${status}: it can no longer be limited`);
}
