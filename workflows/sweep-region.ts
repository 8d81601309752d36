import { ActivityCancellationType, patched, proxyActivities } from '@temporalio/workflow';
import type { StoreActivities } from '../activities/index.ts';
import { type SweepReport, type SweepRequest, shortTaskQueue } from '../src/copy-job/index.ts';
import { assertInput } from './input.ts';

/**
 * Removes the leftovers of ended jobs from a region, and returns a report. A Temporal Schedule starts it once
 * an hour for each region. With `dry_run`, it removes nothing.
 * @throws ApplicationFailure `invalid_request` naming the first field of the input that is wrong
 */
export async function sweepRegion(request: SweepRequest): Promise<SweepReport> {
  assertInput(request, { region: 'string', task_queue: 'string', dry_run: 'boolean', grace: 'number' });
  const { task_queue } = request;
  const activities = proxyActivities<StoreActivities>({
    // Behind transfers, a sweep could wait until its timeout again and again.
    taskQueue: patched('sweep-beside-transfers') ? shortTaskQueue(task_queue) : task_queue,
    startToCloseTimeout: '1 day',
    scheduleToStartTimeout: '1 hour',
    heartbeatTimeout: '30s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '10s', maximumAttempts: 5 },
    summary: `sweep ${request.region}`,
  });
  return activities.sweepRegion(request);
}
