import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';

type IHistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** The number of events that one request reads from the end of a history. Few events come after a pause. */
const PAGE = 50;
/** `PAUSE_REQUESTED_BEFORE_TASK_STARTED`, a value of `temporal.api.enums.v1.WorkflowTaskFailedCause`. */
const PAUSED_BEFORE_STARTED = 39;

/**
 * Resets a workflow that was paused while one of its Workflow Tasks waited for a worker. Temporal's server
 * (1.32) records such a task as failed before it was started, and the SDK (1.24) cannot read that history.
 * The new run has all events before the failure. The server also gives the later signals and updates to the
 * new run, but no native cancellation: this function requests it again. Does nothing to any other workflow.
 * @throws ServiceError
 */
export async function resetIfUnreadable(
  client: Client,
  workflowId: string,
  runId: string,
  identity: string,
): Promise<void> {
  const failed = await firstUnreadable(client, workflowId, runId);
  if (!failed?.eventId) return;
  const reset = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: failed.eventId,
    reason: 'it was paused while a Workflow Task waited for a worker',
    requestId: randomUUID(),
    identity,
  });
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  if (raw.workflowExtendedInfo?.cancelRequested)
    await client.workflow.getHandle(workflowId, reset.runId).cancel();
}

/**
 * Returns the first event that no worker can read; nothing if there is none. Workers have read all events up
 * to the last Workflow Task that was completed, so only the later ones are asked for.
 */
async function firstUnreadable(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<IHistoryEvent | undefined> {
  let first: IHistoryEvent | undefined;
  for await (const event of eventsFromEnd(client, workflowId, runId)) {
    if (event.workflowTaskCompletedEventAttributes) break;
    if (event.workflowTaskFailedEventAttributes?.cause === PAUSED_BEFORE_STARTED) first = event;
  }
  return first;
}

/** Yields the events of a run, the last one first. Reads a page when it is needed. */
async function* eventsFromEnd(
  client: Client,
  workflowId: string,
  runId: string,
): AsyncGenerator<IHistoryEvent> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: PAGE,
      ...(nextPageToken && { nextPageToken }),
    });
    yield* page.history?.events ?? [];
    nextPageToken = page.nextPageToken;
  } while (nextPageToken?.length);
}
