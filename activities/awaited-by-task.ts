import type { Client } from '@temporalio/client';
import { MOVE_OBJECTS } from '../src/object-task/index.ts';
import { type Confirm, StoreError } from '../src/stores/index.ts';
import { describeIfThere } from '../src/temporal/index.ts';
import { currentRun } from './current-run.ts';

/**
 * Returns a function that confirms a change by a copy that a task has started. It throws `unavailable` if the
 * task no longer waits for the copy; otherwise it calls `confirm`. If a task is reset to a moment before it
 * has started a copy, that copy goes on, and the new run starts another one. The first copy MUST NOT replace
 * anything after the end of the task.
 */
export function confirmWithTask(client: Client, confirm: Confirm): Confirm {
  return async (since) => {
    if (await isGivenUp(client))
      throw new StoreError('unavailable', 'the task was reset, and no longer waits for this copy');
    await confirm(since);
  };
}

/** Tells whether this attempt belongs to a copy for which the task no longer waits. */
async function isGivenUp(client: Client): Promise<boolean> {
  const { workflowId, runId } = currentRun();
  const { parentExecution } = await client.workflow.getHandle(workflowId, runId).describe();
  const task = await describeIfThere(client, MOVE_OBJECTS, parentExecution?.workflowId ?? '');
  if (task === undefined) return false;
  return !(task.raw.pendingChildren ?? []).some((copy) => copy.workflowId === workflowId);
}
