import { Context } from '@temporalio/activity';
import type { DestinationRef } from '../src/stores/index.ts';

/** Returns the run of the workflow that has called this activity. */
export function currentRun(): { readonly workflowId: string; readonly runId: string } {
  const { workflowExecution } = Context.current().info;
  if (workflowExecution === undefined) throw new Error('this activity was not called by a workflow');
  return workflowExecution;
}

/** Tells whether this attempt belongs to the job's first run. Resets make all the later runs. */
export function isFirstRun({ mark }: Pick<DestinationRef, 'mark'>): boolean {
  return currentRun().runId === mark;
}
