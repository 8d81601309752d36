import type { WorkflowExecutionDescription } from '@temporalio/client';

/** Tells whether a workflow is paused. A pause of its current activity alone is another matter. */
export function isWorkflowPaused({ raw }: WorkflowExecutionDescription): boolean {
  return Boolean(raw.workflowExtendedInfo?.pauseInfo);
}
