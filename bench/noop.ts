import { proxyActivities } from '@temporalio/workflow';

/**
 * The smallest durable job: a workflow with one activity that does nothing. If the activity is on the Task
 * Queue of the workflow, the worker starts it together with its answer to the Workflow Task. If it is on
 * another Task Queue, the server hands it out.
 */
export async function noop(activityTaskQueue?: string): Promise<void> {
  const queue = activityTaskQueue === undefined ? {} : { taskQueue: activityTaskQueue };
  const { nothing } = proxyActivities<{ nothing: () => Promise<void> }>({
    startToCloseTimeout: '1m',
    ...queue,
  });
  await nothing();
}
