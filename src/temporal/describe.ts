import {
  type Client,
  isGrpcServiceError,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
} from '@temporalio/client';

/** gRPC's status INVALID_ARGUMENT: there can be no workflow with such an id. */
const INVALID_ARGUMENT = 3;

/**
 * Describes the last run of a workflow; `undefined` if there is no workflow of this id and type. What a
 * workflow says of itself does not count: anybody who can start one may write any memo.
 */
export async function describeIfThere(
  client: Client,
  type: string,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  // Temporal would refuse the question itself.
  if (workflowId === '' || !workflowId.isWellFormed()) return undefined;
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return description.type === type ? description : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (causes(error).some((cause) => isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT)) {
      return undefined;
    }
    throw error;
  }
}

function causes(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [error];
}
