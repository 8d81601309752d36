import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';

/** Values of `temporal.api.enums.v1.ResetReapplyExcludeType`. */
const EXCLUDED = { signals: 1, updates: 2, cancelRequests: 4 } as const;

/** A Workflow Task: the first or the last one, or the first that has scheduled an activity of this name. */
export type ResetPoint = 'first' | 'last' | { readonly activity: string };

/**
 * Resets the last run of a workflow to a Workflow Task. The new run does not get the cancels that came after
 * that Workflow Task. Returns the id of the new run.
 */
export async function resetWorkflow(client: Client, workflowId: string, to: ResetPoint): Promise<string> {
  const handle = client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  const scheduled = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
  const workflowTaskFinishEventId =
    typeof to === 'string'
      ? tasks.at(to === 'first' ? 0 : -1)?.eventId
      : scheduled.find(({ activityType }) => activityType?.name === to.activity)
          ?.workflowTaskCompletedEventId;
  if (!workflowTaskFinishEventId) throw new Error(`no Workflow Task of ${workflowId} has completed`);
  const reset = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    identity: client.options.identity,
    reason: 'a test',
    workflowTaskFinishEventId,
    requestId: randomUUID(),
    resetReapplyExcludeTypes: Object.values(EXCLUDED),
  });
  return reset.runId;
}
