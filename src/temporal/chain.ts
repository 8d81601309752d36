import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { quoted } from './query.ts';

/** One execution of a workflow, as its server knows it. */
export interface RunRef {
  readonly workflow_id: string;
  readonly run_id: string;
}

/**
 * What Temporal knows of a chain of runs: one execution of a workflow, and all that resets have made of it.
 * - `open`: its last run goes on, or is paused
 * - `closed`: its last run has closed, or the workflow id has been used again since
 * - `gone`: Temporal does not know the workflow, or does not know it any more
 */
export interface Chain {
  readonly state: 'open' | 'closed' | 'gone';
  /** The last run; `null` where it is not known. */
  readonly lastRunId: string | null;
}

/**
 * Asks for the state of a chain.
 * @param firstRunId names the chain: a reset closes a run, and the run that it makes keeps this id
 */
export async function chainOf(client: Client, workflowId: string, firstRunId: string): Promise<Chain> {
  try {
    const { closeTime, runId, raw } = await client.workflow.getHandle(workflowId).describe();
    const isThisChain = (raw.workflowExecutionInfo?.firstRunId || firstRunId) === firstRunId;
    if (!isThisChain) return { state: 'closed', lastRunId: null };
    return { state: closeTime === undefined ? 'open' : 'closed', lastRunId: runId };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: 'gone', lastRunId: null };
    throw error;
  }
}

/**
 * Whether a run with this workflow id has completed, other than this one. Where the server's list does not even have this
 * one, the answer is that one may have.
 */
export async function mayHaveCompletedBefore(
  client: Client,
  { workflow_id, run_id }: RunRef,
): Promise<boolean> {
  let isListed = false;
  for await (const { runId, status } of client.workflow.list({
    query: `WorkflowId = ${quoted(workflow_id)}`,
  })) {
    if (runId === run_id) isListed = true;
    else if (status.name === 'COMPLETED') return true;
  }
  return !isListed;
}
