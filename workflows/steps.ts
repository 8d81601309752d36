import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { JobActivities, StoreActivities } from '../activities/index.ts';
import type { CopyPlan } from '../src/copy-job/index.ts';

const retry = { initialInterval: '1s', maximumInterval: '1m' } as const;

/** Attempts are not limited: an activity gives up by itself, when it has got nowhere for too long. */
const NEVER = '3650 days';

/** Slots are scarce where long transfers run: cleaning up comes first, then what is short. */
const cleanup = { priority: { priorityKey: 1 } };
// A disk that hangs would hang them for ever: they heartbeat all the same.
const short = { priority: { priorityKey: 2 }, startToCloseTimeout: '10m' } as const;
const long = { priority: { priorityKey: 3 } };

export const { planCopy } = proxyLocalActivities<JobActivities>({ startToCloseTimeout: '10s' });

export const { closeAsCanceled } = proxyActivities<JobActivities>({
  ...cleanup,
  retry,
  startToCloseTimeout: '10s',
  summary: 'ask for the native cancellation of this workflow',
});

/** The steps of one copy at its stores, on the Task Queue of its destination. */
export function storeSteps(plan: CopyPlan) {
  const source = `${plan.source.region}/${plan.source.image_id}`;
  const destination = `${plan.destination.region}/${plan.destination.image_id}`;
  const steps = (summary: string, options: ActivityOptions) =>
    proxyActivities<StoreActivities>({
      taskQueue: plan.task_queue,
      heartbeatTimeout: plan.heartbeat_timeout,
      scheduleToStartTimeout: plan.no_worker_timeout,
      scheduleToCloseTimeout: NEVER,
      // Unset, it acts as TRY_CANCEL: the workflow would clean up while the activity still writes.
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry,
      summary,
      ...options,
    });
  return {
    inspectSource: steps(`inspect ${source}`, short).inspectSource,
    prepareDestination: steps(`reserve ${destination}`, short).prepareDestination,
    transferImage: steps(`${source} → ${destination}`, long).transferImage,
    commitImage: steps(`commit ${destination}`, short).commitImage,
    discardImage: steps(`discard ${destination}`, { ...cleanup, scheduleToStartTimeout: NEVER }).discardImage,
  };
}

export type StoreSteps = ReturnType<typeof storeSteps>;
