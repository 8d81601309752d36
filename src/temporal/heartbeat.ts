import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import { decodeFromPayloadsAtIndex } from './sdk-internals.ts';

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** Reads the last heartbeat of a pending activity. Returns `undefined` if there is none that can be read. */
export async function lastHeartbeat(
  activity: PendingActivity | undefined,
  converter: LoadedDataConverter,
): Promise<unknown> {
  const details = activity?.heartbeatDetails?.payloads ?? [];
  if (details.length === 0) return undefined;
  return decodeFromPayloadsAtIndex<unknown>(converter, 0, details).catch(() => undefined);
}
