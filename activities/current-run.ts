import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { DestinationRef } from '../src/stores/index.ts';
import { mayHaveCompleted } from '../src/temporal/index.ts';

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

/**
 * Tells whether any run of this attempt's job has ended as replicated, or may have. Then the image belongs to
 * its owner, and no run undoes its commit any more.
 */
export function isOwned(client: Client, { mark }: Pick<DestinationRef, 'mark'>): Promise<boolean> {
  return mayHaveCompleted(client, currentRun().workflowId, mark);
}

/**
 * Returns the reference for a step that may find an image of an earlier run. It is `contested` if a reset has
 * made this run, and no run can have ended as replicated.
 */
export async function asContested(client: Client, ref: DestinationRef): Promise<DestinationRef> {
  return isFirstRun(ref) || (await isOwned(client, ref)) ? ref : { ...ref, contested: true };
}
