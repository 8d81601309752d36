import type { Client } from '@temporalio/client';
import { MOVE_OBJECTS } from '../src/object-task/index.ts';
import { type Confirm, StoreError } from '../src/stores/index.ts';
import { describeIfThere } from '../src/temporal/index.ts';
import { currentRun } from './current-run.ts';

/**
 * Returns a function that confirms a change for a copy of a task: besides `confirm`, the task has to wait for
 * the copy. If a task is reset to a moment before it has started a copy, that copy goes on, and the new run
 * starts another one. The first copy MUST NOT replace anything after the end of the task.
 */
export function confirmWithTask(client: Client, confirm: Confirm): Confirm {
  return async (since) => {
    if (await isGivenUp(client))
      throw new StoreError('unavailable', 'the task was reset, and no longer waits for this copy');
    await confirm(since);
  };
}

/** Tells whether this attempt belongs to the copy of a task that does not wait for the copy any more. */
async function isGivenUp(client: Client): Promise<boolean> {
  const { workflowId, runId } = currentRun();
  const { parentExecution } = await client.workflow.getHandle(workflowId, runId).describe();
  const task = await describeIfThere(client, MOVE_OBJECTS, parentExecution?.workflowId ?? '');
  if (task === undefined) return false;
  return !(task.raw.pendingChildren ?? []).some((copy) => copy.workflowId === workflowId);
}
