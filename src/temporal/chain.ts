import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { visibility } from './query.ts';
import { listWorkflows } from './visibility.ts';

/** One execution of a workflow, by the ids that Temporal's server gives it. */
export interface RunRef {
  readonly workflow_id: string;
  readonly run_id: string;
}

/**
 * Temporal's record of a chain of runs: one execution of a workflow, and all that resets have made of it.
 * - `open`: its last run is going on, or is paused
 * - `closed`: its last run has closed, or the workflow id has been used again since
 * - `gone`: Temporal does not know the workflow, or has forgotten it
 */
export interface Chain {
  readonly state: 'open' | 'closed' | 'gone';
  /** The id of the last run; `null` if it is not known. */
  readonly lastRunId: string | null;
  /** The status with which the last run has closed, as in `CANCELLED`; `null` if it is not known. */
  readonly closedAs: string | null;
  /** The memo of the last run; empty if it is not known. */
  readonly memo: Readonly<Record<string, unknown>>;
}

const UNKNOWN = { lastRunId: null, closedAs: null, memo: {} } as const;

/**
 * Returns the state of a chain.
 * @param firstRunId names the chain: a reset closes a run, and the run that it makes keeps this id
 */
export async function chainOf(client: Client, workflowId: string, firstRunId: string): Promise<Chain> {
  const last = await runOf(client, workflowId);
  if (last === undefined) return { state: 'gone', ...UNKNOWN };
  if ((last.firstRunId ?? firstRunId) !== firstRunId) return { state: 'closed', ...UNKNOWN };
  const { runId: lastRunId, status, memo, isClosed } = last;
  return { state: isClosed ? 'closed' : 'open', lastRunId, closedAs: isClosed ? status : null, memo };
}

/**
 * Tells whether a run of a chain has completed. Returns true, too, if Temporal has forgotten a run and so
 * cannot tell. Each run is described by itself, because the server's list lags. The list is only read for
 * runs to which no reset leads any more.
 */
export async function mayHaveCompleted(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<boolean> {
  const known = new Set<string>();
  for (let next: string | null = firstRunId; next !== null && !known.has(next); ) {
    const run = await runOf(client, workflowId, next);
    if (run === undefined || run.status === 'COMPLETED') return true;
    known.add(next);
    next = run.resetTo;
  }
  for await (const { runId } of listWorkflows(client, visibility`WorkflowId = ${workflowId}`)) {
    if (known.has(runId)) continue;
    const run = await runOf(client, workflowId, runId);
    if (run?.status === 'COMPLETED' && (run.firstRunId ?? firstRunId) === firstRunId) return true;
  }
  return false;
}

interface Run {
  readonly runId: string;
  /** The id of the chain's first run; `null` if the server does not tell. */
  readonly firstRunId: string | null;
  readonly status: string;
  readonly isClosed: boolean;
  readonly memo: Readonly<Record<string, unknown>>;
  /** The run that the latest reset of this run has made. */
  readonly resetTo: string | null;
}

/**
 * Describes a run, or without `runId` the last run of a workflow. Returns `undefined` if Temporal does not
 * know it.
 */
async function runOf(client: Client, workflowId: string, runId?: string): Promise<Run | undefined> {
  try {
    const found = await client.workflow.getHandle(workflowId, runId).describe();
    return {
      runId: found.runId,
      firstRunId: found.raw.workflowExecutionInfo?.firstRunId || null,
      status: found.status.name,
      isClosed: found.closeTime !== undefined,
      memo: found.memo ?? {},
      resetTo: found.raw.workflowExtendedInfo?.resetRunId || null,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
