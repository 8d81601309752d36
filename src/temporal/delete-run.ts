import type { Client } from '@temporalio/client';
import { GRPC_STATUS, grpcStatusOf } from './grpc-status.ts';

/** Deletes the record of a run of a workflow. Does nothing if Temporal does not know the run. */
export async function deleteRun(
  { workflowService, options: { namespace } }: Client,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): Promise<void> {
  try {
    await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } });
  } catch (error) {
    if (grpcStatusOf(error) !== GRPC_STATUS.notFound) throw error;
  }
}
