import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { GRPC_STATUS, grpcStatusOf } from './grpc-status.ts';

/**
 * Describes the last run of a workflow. Returns `undefined` if no workflow has this id and this type. Checks
 * the type and not the memo, because anybody who can start a workflow can write any memo.
 */
export async function describeIfThere(
  client: Client,
  type: string,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  // Temporal refuses an empty id, or one that is not valid Unicode, with an error.
  if (workflowId === '' || !workflowId.isWellFormed()) return undefined;
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return description.type === type ? description : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    // Temporal refuses the id, for example because it is too long: so no workflow has it.
    if (grpcStatusOf(error) === GRPC_STATUS.invalidArgument) return undefined;
    throw error;
  }
}
