import { proxyActivities } from '@temporalio/workflow';
import type { JobActivities } from '../activities/index.ts';
import { assertInput } from './input.ts';

const { cancelAndAwait, deleteRecords } = proxyActivities<JobActivities>({
  startToCloseTimeout: '3650 days',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

/**
 * Removes a task. It cancels the task and waits until the task has closed. Then it deletes the records of the
 * task, of its copies and of their clean-ups, each one when its workflow has closed. Clients show the task as
 * being deleted while this workflow runs, and as gone when it has ended.
 * @throws ApplicationFailure `invalid_request` if the input is not a workflow id
 */
export async function deleteTask(taskWorkflowId: string): Promise<void> {
  assertInput(taskWorkflowId, { '': 'string' });
  await cancelAndAwait(taskWorkflowId);
  await deleteRecords(taskWorkflowId);
}
