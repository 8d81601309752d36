import {
  type Client,
  type WorkflowHandle,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { GRPC_STATUS, grpcStatusOf } from '../temporal/index.ts';

/** How long a worker may take to answer; milliseconds. */
const DEADLINE = 2000;

/**
 * Sends an update with one argument to a workflow.
 * @returns `true` if the workflow has accepted and finished the update; `false` if no worker has answered in
 * time, or if Temporal takes no update for the workflow, because it is paused or its Workflow Tasks keep
 * failing. If no worker has answered in time, a worker may accept the update later.
 * @throws WorkflowNotFoundError if the workflow has closed, WorkflowUpdateFailedError if it rejects the
 * update
 */
export async function sendUpdate(
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
    if (grpcStatusOf(error) === GRPC_STATUS.failedPrecondition) return false;
    throw error;
  }
}
