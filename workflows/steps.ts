import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { JobActivities, StoreActivities } from '../activities/index.ts';
import type { CopyPlan } from '../src/copy-job/index.ts';
import type { TaskPlan } from '../src/object-task/index.ts';
import { labelOf } from '../src/text/index.ts';

const retry = { initialInterval: '1s', maximumInterval: '1m' } as const;

/**
 * A timeout that is never reached. Neither the time nor the number of attempts is limited, because an
 * activity gives up by itself when it has made no progress for too long.
 */
const NEVER = '3650 days';

/**
 * Removals come first, then the other short steps. A step without a priority has the priority of its
 * workflow. Every step has the fairness key of its workflow.
 */
const cleanup = { priority: { priorityKey: 1 } };
const soon = { priority: { priorityKey: 2 } } as const;
// While a call to a disk hangs, its step still sends heartbeats. So only this timeout ends such a step.
const short = { ...soon, startToCloseTimeout: '10m' } as const;

export const { planCopy, planTask } = proxyLocalActivities<JobActivities>({ startToCloseTimeout: '10s' });

/**
 * Asks how many bytes the transfer has moved. A cancel waits for the answer, so there is a single attempt
 * with a short timeout. Without an answer, the cancel goes on.
 */
export const { bytesSoFar } = proxyLocalActivities<JobActivities>({
  scheduleToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
});

export const { closeAsCanceled } = proxyActivities<JobActivities>({
  ...cleanup,
  retry,
  startToCloseTimeout: '10s',
  summary: 'ask for the native cancellation of this workflow',
});

type Planned = Pick<CopyPlan, 'task_queue' | 'short_task_queue' | 'heartbeat_timeout' | 'no_worker_timeout'>;

/**
 * Returns a function that makes proxies of the store activities, with the Task Queues and the timeouts of a
 * plan. Activities with a priority of their own move no image through the worker. They go to the short Task
 * Queue, so that they never wait behind a transfer.
 */
function storeActivities(plan: Planned) {
  const { task_queue, short_task_queue = task_queue, heartbeat_timeout, no_worker_timeout } = plan;
  return (summary: string, options: ActivityOptions = {}) =>
    proxyActivities<StoreActivities>({
      taskQueue: options.priority === undefined ? task_queue : short_task_queue,
      heartbeatTimeout: heartbeat_timeout,
      scheduleToStartTimeout: no_worker_timeout,
      scheduleToCloseTimeout: NEVER,
      // The default acts as TRY_CANCEL: the workflow would not wait for the end of a cancelled activity, and
      // would clean up while the activity still writes.
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry,
      summary,
      ...options,
    });
}

/** Returns the steps of one copy at its stores. */
export function storeSteps(plan: CopyPlan) {
  const { source: from, destination: to } = plan;
  const source = labelOf(`${from.region}/${from.image_id}`);
  const destination = labelOf(`${to.region}/${to.image_id}`);
  const steps = storeActivities(plan);
  return {
    inspectSource: steps(`inspect ${source}`, short).inspectSource,
    prepareDestination: steps(`reserve ${destination}`, short).prepareDestination,
    transferImage: steps(`${source} → ${destination}`).transferImage,
    // A commit has no time limit, because in a bucket the server may have to copy terabytes to the image's
    // path.
    commitImage: steps(`commit ${destination}`, soon).commitImage,
    discardImage: steps(`discard ${destination}`, { ...cleanup, scheduleToStartTimeout: NEVER }).discardImage,
  };
}

/** Returns the steps of a task at its stores. */
export function taskSteps(plan: TaskPlan) {
  const source = labelOf(`${plan.source.region}/${plan.source.prefix}*`);
  const steps = storeActivities(plan);
  return {
    listBatch: steps(`list ${source}`, short).listBatch,
    moveSmallObjects: steps(`small objects of ${source} → ${plan.destination.region}`).moveSmallObjects,
  };
}
