import { Runtime } from '@temporalio/worker';
import { COPY_IMAGE, TASK_QUEUE } from '../copy-job/index.ts';

/**
 * Begins the counter of jobs that have failed at 0 for each pair of regions, because Prometheus sees no
 * increase in a counter whose first value is 1. Name and labels MUST be those with which the workflow counts.
 */
export function countFailuresFromZero(namespace: string, regions: Iterable<string>): void {
  const names = [...regions];
  const failed = Runtime.instance().metricMeter.createCounter(
    'image_replicator_jobs_ended',
    undefined,
    'Jobs that have ended.',
  );
  const common = { namespace, taskQueue: TASK_QUEUE, workflowType: COPY_IMAGE, status: 'error' };
  for (const source_region of names)
    for (const destination_region of names)
      if (source_region !== destination_region)
        failed.add(0, { ...common, source_region, destination_region });
}
