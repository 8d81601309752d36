import type { WorkflowExecutionDescription } from '@temporalio/client';

/** Tells whether a workflow is paused. It does not count if only an activity of the workflow is paused. */
export function isWorkflowPaused({ raw }: WorkflowExecutionDescription): boolean {
  return Boolean(raw.workflowExtendedInfo?.pauseInfo);
}
