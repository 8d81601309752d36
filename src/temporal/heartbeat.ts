import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import { decodeFromPayloadsAtIndex } from './sdk-internals.ts';

/**
 * Reads the last heartbeat of a workflow's pending activity. Returns `undefined` if there is none that can be
 * read.
 */
export async function lastHeartbeat(
  { pendingActivities }: WorkflowExecutionDescription['raw'],
  converter: LoadedDataConverter,
): Promise<unknown> {
  const details = pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
  if (details.length === 0) return undefined;
  return decodeFromPayloadsAtIndex<unknown>(converter, 0, details).catch(() => undefined);
}
