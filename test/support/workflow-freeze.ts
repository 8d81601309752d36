import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';

/**
 * Cuts the present attempt of an activity off from Temporal until it thaws, as a process is that was frozen: no heartbeat
 * leaves it, and no word of a cancel reaches it.
 */
export function freeze(thawed: Promise<void>): void {
  const context = Context.current();
  const { cancelled, cancellationSignal } = context;
  const heartbeat = context.heartbeat.bind(context);
  const aborting = new AbortController();
  let isFrozen = true;
  const thaw = thawed.then(() => {
    isFrozen = false;
    const abort = () => aborting.abort(cancellationSignal.reason);
    if (cancellationSignal.aborted) abort();
    else cancellationSignal.addEventListener('abort', abort, { once: true });
  });
  const lateCancelled = thaw.then(() => cancelled);
  lateCancelled.catch(() => {});
  Object.assign(context, {
    heartbeat: (details: unknown) => isFrozen || heartbeat(details),
    cancelled: lateCancelled,
    cancellationSignal: aborting.signal,
  });
}

/** Resets a workflow's last run to its first or its last Workflow Task; gives the id of the run that this makes. */
export async function resetWorkflow(
  client: Client,
  workflowId: string,
  to: 'first' | 'last',
): Promise<string> {
  const handle = client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  const workflowTaskFinishEventId = tasks.at(to === 'first' ? 0 : -1)?.eventId;
  if (!workflowTaskFinishEventId) throw new Error(`no Workflow Task of ${workflowId} has completed`);
  const reset = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    reason: 'a test',
    workflowTaskFinishEventId,
    requestId: randomUUID(),
  });
  return reset.runId;
}
