import { Runtime } from '@temporalio/worker';
import { COPY_IMAGE, JOBS_ENDED, TASK_QUEUE } from '../copy-job/index.ts';

/**
 * Sets the counter of failed jobs to 0 for each pair of regions. Without this, the counter would begin with
 * its first failure, and Prometheus sees no increase in a counter's first value. The labels MUST be those
 * that the workflow uses.
 */
export function countFailuresFromZero(namespace: string, regions: Iterable<string>): void {
  const names = [...regions];
  const [name, description] = JOBS_ENDED;
  const failed = Runtime.instance().metricMeter.createCounter(name, undefined, description);
  const common = { namespace, taskQueue: TASK_QUEUE, workflowType: COPY_IMAGE, status: 'error' };
  for (const source_region of names)
    for (const destination_region of names)
      if (source_region !== destination_region)
        failed.add(0, { ...common, source_region, destination_region });
}
