import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { parseProgress } from '../copy-job/index.ts';
import { decodeOptionalSinglePayload } from '../temporal/index.ts';

/** Enough to find the last activity's end behind the Workflow Task that it has scheduled. */
const LAST_EVENTS = 10;

/**
 * How far a transfer had come that has ended, while the workflow has not yet put it on record: no heartbeat
 * tells any more, and the memo not yet.
 */
export async function endedTransferBytes(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
  imageSize: number | null,
): Promise<number> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: LAST_EVENTS,
  });
  for (const event of history?.events ?? []) {
    if (event.activityTaskCompletedEventAttributes) return imageSize ?? 0;
    const { activityTaskCanceledEventAttributes: canceled, activityTaskFailedEventAttributes: failed } =
      event;
    const timedOut = event.activityTaskTimedOutEventAttributes;
    if (!canceled && !failed && !timedOut) continue;
    const timeout = timedOut?.failure?.cause ?? timedOut?.failure;
    const payload =
      canceled?.details?.payloads?.[0] ??
      failed?.failure?.applicationFailureInfo?.details?.payloads?.[1] ??
      timeout?.timeoutFailureInfo?.lastHeartbeatDetails?.payloads?.[0];
    // One that has never told how far it had come. What came before it in history was another step's end.
    if (!payload) return 0;
    const details = await decodeOptionalSinglePayload(client.options.loadedDataConverter, payload);
    return parseProgress(details)?.high_water ?? 0;
  }
  return 0;
}
