import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { JobDetails } from '../../src/copy-job/index.ts';
import { liveView } from '../../src/job-service/view.ts';
import type { Moment, Run } from './interleavings-rules.ts';

const INTERVAL = 200;

/** The views of a job that repeated looks have shown. */
export interface Watch {
  readonly workflowId: string;
  /** The views of each run. A reset begins a new run. */
  readonly seen: ReadonlyMap<string, readonly Moment[]>;
  last(): { readonly runId: string; readonly isClosed: boolean } | undefined;
  stop(): Promise<void>;
}

/** Looks at a job again and again, until it is told to stop. */
export function watchJob(client: Client, workflowId: string, firstRunId: string): Watch {
  const seen = new Map<string, Moment[]>([[firstRunId, []]]);
  const stopping = new AbortController();
  let last: ReturnType<Watch['last']>;
  const look = async () => {
    const description = await client.workflow.getHandle(workflowId).describe();
    const { status, copy_progress, fault } = await liveView(client, description);
    const moments = seen.get(description.runId) ?? [];
    seen.set(description.runId, [
      ...moments,
      { status, progress: copy_progress, fault: fault?.code ?? null },
    ]);
    last = { runId: description.runId, isClosed: description.closeTime !== undefined };
  };
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      // A look that fails tells nothing.
      await look().catch(() => {});
      await sleep(INTERVAL, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    workflowId,
    seen,
    last: () => last,
    async stop() {
      stopping.abort();
      await looking;
    },
  };
}

/** Reads what is known about a run. */
export async function recordOf(client: Client, workflowId: string, runId: string): Promise<Run> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const { status, memo, searchAttributes, startTime } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const recorded: Moment[] = [];
  const cleanUps: string[] = [];
  let resetFrom: string | undefined;
  for (const event of events ?? []) {
    const job = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields?.job;
    if (job?.data) {
      const details = JSON.parse(Buffer.from(job.data).toString()) as JobDetails;
      const { status, copy_progress, fault } = details;
      recorded.push({ status, progress: copy_progress, fault: fault?.code ?? null });
    }
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId;
    if (child) cleanUps.push(child);
    resetFrom = event.workflowTaskFailedEventAttributes?.baseRunId || resetFrom;
  }
  return {
    runId,
    started: startTime,
    closed: status.name,
    details: memo?.job as JobDetails | undefined,
    attribute: searchAttributes.CopyJobStatus?.[0],
    recorded,
    cleanUps,
    resetFrom,
  };
}
