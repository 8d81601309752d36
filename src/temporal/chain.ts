import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/**
 * What Temporal knows of a chain of runs: one execution of a workflow, and all that resets have made of it.
 * - `open`: its last run goes on, or is paused
 * - `closed`: its last run has closed, and the next start under the same workflow id is another chain
 * - `gone`: Temporal does not know the workflow, or does not know it any more
 */
export type ChainState = 'open' | 'closed' | 'gone';

/**
 * Asks for the state of a chain.
 * @param firstRunId names the chain: a reset closes a run, and the run that it makes keeps this id
 */
export async function chainState(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<ChainState> {
  try {
    const { closeTime, raw } = await client.workflow.getHandle(workflowId).describe();
    const isThisChain = (raw.workflowExecutionInfo?.firstRunId || firstRunId) === firstRunId;
    return isThisChain && closeTime === undefined ? 'open' : 'closed';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error;
  }
}
