import { proxyActivities } from '@temporalio/workflow';

/**
 * The smallest durable job: a workflow with one activity that does nothing. On the workflow's own Task Queue
 * the worker starts the activity at once, with the answer to the Workflow Task; on another one the server
 * hands it out.
 */
export async function noop(activityTaskQueue?: string): Promise<void> {
  const queue = activityTaskQueue === undefined ? {} : { taskQueue: activityTaskQueue };
  const { nothing } = proxyActivities<{ nothing: () => Promise<void> }>({
    startToCloseTimeout: '1m',
    ...queue,
  });
  await nothing();
}
