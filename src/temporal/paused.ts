import type { WorkflowExecutionDescription } from '@temporalio/client';

/** Tells whether a workflow is paused. A pause of one of its activities alone does not count. */
export function isWorkflowPaused({ raw }: WorkflowExecutionDescription): boolean {
  return Boolean(raw.workflowExtendedInfo?.pauseInfo);
}
