import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import { decodeFromPayloadsAtIndex } from './sdk-internals.ts';

/**
 * Reads what the pending activity of a workflow has heartbeated last; `undefined` where there is nothing to
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
