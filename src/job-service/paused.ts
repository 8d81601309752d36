import type { WorkflowExecutionDescription } from '@temporalio/client';
import { optionalTsToDate } from '../temporal/index.ts';
import type { Pause } from './service.ts';

/** Returns who has paused a workflow or its current step, when, and why; `null` if neither is paused. */
export function pauseOf({ raw }: WorkflowExecutionDescription): Pause | null {
  const workflow = raw.workflowExtendedInfo?.pauseInfo;
  const step = raw.pendingActivities?.[0];
  const info = workflow ?? (step?.paused ? step.pauseInfo?.manual : undefined);
  if (!info && !step?.paused) return null;
  const at = optionalTsToDate(workflow?.pausedTime ?? step?.pauseInfo?.pauseTime);
  return { by: info?.identity || null, reason: info?.reason || null, at: at?.toISOString() ?? null };
}
