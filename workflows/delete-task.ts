import { proxyActivities } from '@temporalio/workflow';
import type { JobActivities } from '../activities/index.ts';

const { cancelAndAwait, deleteRecords } = proxyActivities<JobActivities>({
  startToCloseTimeout: '3650 days',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

/**
 * Removes a task: cancels what it still does, waits until that has come to its end, with nothing left of what
 * was not finished, and removes what is on record of it and of its copies. While this runs, the task is being
 * deleted; when it ends, there is no such task any more.
 */
export async function deleteTask(taskWorkflowId: string): Promise<void> {
  await cancelAndAwait(taskWorkflowId);
  await deleteRecords(taskWorkflowId);
}
