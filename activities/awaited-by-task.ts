import type { Client } from '@temporalio/client';
import { MOVE_OBJECTS } from '../src/object-task/index.ts';
import { type Confirm, StoreError } from '../src/stores/index.ts';
import { describeIfThere } from '../src/temporal/index.ts';
import { currentRun } from './current-run.ts';

/**
 * Returns a function that checks, before it calls `confirm`, whether the task still waits for this copy. If
 * the task does not, the function throws `unavailable`. If no task has started the copy, or if Temporal does
 * not know the task any more, the function only calls `confirm`.
 *
 * If a task is reset to a moment before it has started a copy, that copy goes on, and the new run of the task
 * starts another one. From then on, the first copy MUST NOT replace anything: the task may end without it.
 * Nor does a task wait for a copy that is reset after its end.
 */
export function confirmWithTask(client: Client, confirm: Confirm): Confirm {
  return async (since) => {
    if (await isGivenUp(client))
      throw new StoreError('unavailable', 'the task no longer waits for this copy: one of them was reset');
    await confirm(since);
  };
}

/** Tells whether this attempt belongs to a copy for which the task no longer waits. */
async function isGivenUp(client: Client): Promise<boolean> {
  const { workflowId, runId } = currentRun();
  const { parentExecution } = await client.workflow.getHandle(workflowId, runId).describe();
  if (!parentExecution?.workflowId) return false;
  const task = await describeIfThere(client, MOVE_OBJECTS, parentExecution.workflowId);
  if (task === undefined) return false;
  return !(task.raw.pendingChildren ?? []).some((copy) => copy.workflowId === workflowId);
}
