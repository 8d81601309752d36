import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { visibility } from './query.ts';
import { listWorkflows } from './visibility.ts';

/** One run of a workflow. */
export interface RunRef {
  readonly workflow_id: string;
  readonly run_id: string;
}

/**
 * A chain of runs, as Temporal knows it: the first run of a workflow, and the runs that resets have made from
 * it.
 * - `open`: its last run has not closed; it may be paused
 * - `closed`: its last run has closed, or the workflow id has been used again since
 * - `gone`: Temporal does not know the workflow, or has forgotten it
 */
export interface Chain {
  readonly state: 'open' | 'closed' | 'gone';
  /** The id of the last run; `null` if it is not known. */
  readonly lastRunId: string | null;
  /**
   * The status with which the last run has closed, such as `CANCELLED`; `null` if it is open or not known.
   */
  readonly closedAs: string | null;
  /** The memo of the last run; empty if it is not known. */
  readonly memo: Readonly<Record<string, unknown>>;
}

const UNKNOWN = { lastRunId: null, closedAs: null, memo: {} } as const;

/**
 * Returns the state of a chain.
 * @param firstRunId the id of the chain's first run, which every run of the chain keeps
 */
export async function chainOf(client: Client, workflowId: string, firstRunId: string): Promise<Chain> {
  const last = await runOf(client, workflowId);
  if (last === undefined) return { state: 'gone', ...UNKNOWN };
  if ((last.firstRunId ?? firstRunId) !== firstRunId) return { state: 'closed', ...UNKNOWN };
  const { runId: lastRunId, status, memo, isClosed } = last;
  return { state: isClosed ? 'closed' : 'open', lastRunId, closedAs: isClosed ? status : null, memo };
}

/** All runs of a chain, as far as Temporal knows them. */
export interface Runs {
  readonly known: readonly Run[];
  /** `true` if Temporal has forgotten a run. */
  readonly hasForgotten: boolean;
}

/**
 * Returns the runs of a chain. Describes the first run, then the run that its latest reset has made, and so
 * on. Runs that earlier resets have made come from Temporal's list of workflows. The list alone is not
 * enough, because it lags behind.
 */
export async function runsOf(client: Client, workflowId: string, firstRunId: string): Promise<Runs> {
  const found = new Map<string, Run | undefined>();
  let next: string | null = firstRunId;
  while (next !== null && !found.has(next)) {
    const run: Run | undefined = await runOf(client, workflowId, next);
    found.set(next, run);
    next = run?.resetTo ?? null;
  }
  for await (const { runId } of listWorkflows(client, visibility`WorkflowId = ${workflowId}`)) {
    if (found.has(runId)) continue;
    const run = await runOf(client, workflowId, runId);
    // Nothing tells whether a forgotten run belongs to this chain, so it counts as one that does.
    if (run === undefined || (run.firstRunId ?? firstRunId) === firstRunId) found.set(runId, run);
  }
  const known = [...found.values()].filter((run) => run !== undefined);
  return { known, hasForgotten: known.length < found.size };
}

/** A run, as Temporal describes it. */
export interface Run {
  readonly runId: string;
  /** The id of the chain's first run; `null` if the server does not tell. */
  readonly firstRunId: string | null;
  readonly status: string;
  readonly isClosed: boolean;
  readonly memo: Readonly<Record<string, unknown>>;
  /** The run that the latest reset of this run has made; `null` if it was never reset. */
  readonly resetTo: string | null;
}

/**
 * Returns the id of the first run of the chain to which a run belongs. Temporal's lists do not tell it.
 * Returns the run's own id if Temporal does not know the run any more.
 */
export async function firstRunOf(client: Client, { workflow_id, run_id }: RunRef): Promise<string> {
  return (await runOf(client, workflow_id, run_id))?.firstRunId ?? run_id;
}

/**
 * Describes a run of a workflow; the last one if `runId` is absent. Returns `undefined` if Temporal does not
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
