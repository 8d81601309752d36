import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { parseProgress } from '../copy-job/index.ts';
import { decodeOptionalSinglePayload } from '../temporal/index.ts';

/**
 * The number of a history's last events that are read. They include the end of the last activity, and the
 * Workflow Task that this end has scheduled.
 */
const LAST_EVENTS = 10;

/**
 * Returns how many bytes a transfer had moved when it ended, by reading the workflow's history. Between
 * the end of the transfer and the workflow's next change of the memo, only the history has this number.
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
    // The transfer has never reported its progress. Earlier events belong to another step.
    if (!payload) return 0;
    const details = await decodeOptionalSinglePayload(client.options.loadedDataConverter, payload);
    return parseProgress(details)?.high_water ?? 0;
  }
  return 0;
}
