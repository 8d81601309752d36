import type { Client } from '@temporalio/client';
import type { Config } from '../config/index.ts';
import { COPY_IMAGE, isFinal, JOB_STATUSES, searchAttributes, TASK_QUEUE } from '../copy-job/index.ts';
import type { Metrics } from '../metrics/index.ts';

/** `temporal.api.enums.v1.TaskQueueType`. */
const WORKFLOW = 1;
const ACTIVITY = 2;
/** A Prometheus may ask often, and there may be several; milliseconds. */
const KEPT = 5000;

/** Has a facade tell what only Temporal knows: the open jobs, and who polls for them. */
export function watchTemporal(metrics: Metrics, client: Client, { regions }: Config): void {
  const { namespace } = client.options;
  const open = JOB_STATUSES.filter((status) => !isFinal(status));
  metrics.gauge(
    'jobs_open',
    'Jobs that have not ended, by status.',
    ['status'],
    kept(() =>
      Promise.all(
        open.map(async (status) => {
          const query = `WorkflowType = '${COPY_IMAGE}' AND CloseTime IS NULL AND ${searchAttributes.status.name} = '${status}'`;
          const { count } = await client.workflowService.countWorkflowExecutions({ namespace, query });
          return [{ status }, Number(count)] as const;
        }),
      ),
    ),
  );
  const queues: (readonly [name: string, type: number])[] = [
    [TASK_QUEUE, WORKFLOW],
    ...[...new Set([...regions.values()].map(({ taskQueue }) => taskQueue))].map(
      (name) => [name, ACTIVITY] as const,
    ),
  ];
  metrics.gauge(
    'task_queue_pollers',
    'Workers that ask for tasks of a Task Queue.',
    ['task_queue'],
    kept(() =>
      Promise.all(
        queues.map(async ([name, taskQueueType]) => {
          const asked = { namespace, taskQueue: { name }, taskQueueType };
          const { pollers } = await client.workflowService.describeTaskQueue(asked);
          return [{ task_queue: name }, pollers?.length ?? 0] as const;
        }),
      ),
    ),
  );
}

/** Asks again only when the last answer is old. */
function kept<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (last === undefined || Date.now() - last.at > KEPT) last = { at: Date.now(), answer: ask() };
    return last.answer;
  };
}
