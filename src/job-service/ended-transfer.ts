import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { parseProgress } from '../copy-job/index.ts';
import { decodeOptionalSinglePayload } from '../temporal/index.ts';

type IHistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** The number of a history's last events that are read. The end of the last activity is among them. */
const LAST_EVENTS = 10;

/**
 * Returns how many bytes a transfer had moved when it ended. Until the workflow changes the memo, only the
 * history has this number.
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
  const end = history?.events?.find(endsActivity);
  if (end?.activityTaskCompletedEventAttributes) return imageSize ?? 0;
  const payload = end && lastProgressIn(end);
  if (!payload) return 0;
  const progress = await decodeOptionalSinglePayload(client.options.loadedDataConverter, payload);
  return parseProgress(progress)?.high_water ?? 0;
}

function endsActivity(event: IHistoryEvent): boolean {
  return Boolean(
    event.activityTaskCompletedEventAttributes ||
      event.activityTaskCanceledEventAttributes ||
      event.activityTaskFailedEventAttributes ||
      event.activityTaskTimedOutEventAttributes,
  );
}

/**
 * Returns the progress that an activity had reported before it ended early; nothing if there was none. The
 * details of a failure are its fault and the progress.
 */
function lastProgressIn(event: IHistoryEvent) {
  const canceled = event.activityTaskCanceledEventAttributes;
  const failed = event.activityTaskFailedEventAttributes?.failure;
  const timedOut = event.activityTaskTimedOutEventAttributes?.failure;
  const timeout = timedOut?.cause ?? timedOut;
  return (
    canceled?.details?.payloads?.[0] ??
    failed?.applicationFailureInfo?.details?.payloads?.[1] ??
    timeout?.timeoutFailureInfo?.lastHeartbeatDetails?.payloads?.[0]
  );
}
