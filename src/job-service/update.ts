import {
  type Client,
  type WorkflowHandle,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';

/** How long a worker has to answer; milliseconds. */
const DEADLINE = 2000;

/**
 * Asks a workflow for an update with one argument. Returns whether a worker has answered in time: if not, the
 * update may still have been accepted.
 * @throws WorkflowNotFoundError if the workflow has closed, WorkflowUpdateFailedError if it refuses
 */
export async function hasAnswered(
  client: Client,
  handle: WorkflowHandle,
  update: string,
  argument: unknown,
): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + DEADLINE, () =>
      handle.executeUpdate(update, { args: [argument] }),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return false;
    throw error;
  }
}
