import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';

/** `PAUSE_REQUESTED_BEFORE_TASK_STARTED`, a value of `temporal.api.enums.v1.WorkflowTaskFailedCause`. */
const PAUSED_BEFORE_STARTED = 39;

/**
 * Resets a workflow that was paused while one of its Workflow Tasks waited for a worker. Temporal's server
 * (1.32) records such a task as failed before it was started, and the SDK (1.24) cannot read that history.
 * The new run has all events before the failure. The server also gives the later signals and updates to the
 * new run. Does nothing to any other workflow.
 * @throws ServiceError
 */
export async function resetIfUnreadable(
  client: Client,
  workflowId: string,
  runId: string,
  identity: string,
): Promise<void> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const all = events ?? [];
  const unread = all.slice(1 + all.findLastIndex((event) => event.workflowTaskCompletedEventAttributes));
  const failed = unread.find(
    ({ workflowTaskFailedEventAttributes: task }) => task?.cause === PAUSED_BEFORE_STARTED,
  );
  if (!failed?.eventId) return;
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: failed.eventId,
    reason: 'it was paused while a Workflow Task waited for a worker',
    requestId: randomUUID(),
    identity,
  });
}
