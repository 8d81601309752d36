import { proxyActivities } from '@temporalio/workflow';
import type { JobActivities } from '../activities/index.ts';
import { assertInput } from './input.ts';

const { cancelAndAwait, deleteRecords } = proxyActivities<JobActivities>({
  startToCloseTimeout: '3650 days',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

/**
 * Removes a task. It cancels the task, waits until the task has closed and nothing unfinished is left, and
 * then deletes the records of the task and of its copies. Clients show the task as being deleted while this
 * workflow runs, and as gone when it has ended.
 * @throws ApplicationFailure `invalid_request` if the input is not a workflow id
 */
export async function deleteTask(taskWorkflowId: string): Promise<void> {
  assertInput(taskWorkflowId, { '': 'string' });
  await cancelAndAwait(taskWorkflowId);
  await deleteRecords(taskWorkflowId);
}
