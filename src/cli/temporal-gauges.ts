import type { Client } from '@temporalio/client';
import type { Config } from '../config/index.ts';
import { COPY_IMAGE, shortTaskQueue, TASK_QUEUE } from '../copy-job/index.ts';
import type { Measure, Metrics } from '../metrics/index.ts';
import { MOVE_OBJECTS } from '../object-task/index.ts';
import { allOf, countWorkflows, OPEN, TASK_QUEUE_TYPE, visibility } from '../temporal/index.ts';
import { oldestWaitingJob } from './oldest-waiting.ts';
import { countOpenJobs } from './open-jobs.ts';

/** How long an answer of Temporal is reused; milliseconds. Several Prometheus servers may ask often. */
const KEPT = 10_000;
/**
 * How long Temporal may take for all that a gauge asks it; milliseconds. By default, Prometheus waits 10 s
 * for all metrics of a process.
 */
const PATIENCE = 4000;

const PAUSED_JOBS = visibility`WorkflowType = ${COPY_IMAGE} AND ExecutionStatus = 'Paused'`;
const OPEN_TASKS = allOf([visibility`WorkflowType = ${MOVE_OBJECTS}`, OPEN]);

/**
 * Adds gauges to a facade's metrics: for jobs, for tasks, and for the Task Queues. Only Temporal knows these
 * numbers.
 */
export function watchTemporal(metrics: Metrics, client: Client, { regions }: Config): void {
  const gauge = (name: string, help: string, labels: readonly string[], measure: Measure) =>
    metrics.gauge(name, help, labels, cached(client, measure));
  const labels = ['status', 'source_region', 'destination_region'];
  gauge('jobs_open', 'Jobs that have not ended.', labels, () => countOpenJobs(client, [...regions.keys()]));
  // A server that cannot pause workflows may refuse this query. The gauge then has no value.
  gauge('jobs_paused', 'Jobs whose workflow is paused.', [], async () => [
    [{}, await countWorkflows(client, PAUSED_JOBS)],
  ]);
  gauge('tasks_open', 'Import and export tasks that have not ended.', [], async () => [
    [{}, await countWorkflows(client, OPEN_TASKS)],
  ]);
  gauge('oldest_waiting_job_age_seconds', 'Age of the oldest job whose copy has not begun.', [], async () => [
    [{}, await oldestWaitingJob(client)],
  ]);
  const described = cached(client, () =>
    Promise.all(taskQueuesOf(regions).map((queue) => describeQueue(client, queue))),
  );
  const queueGauge = (name: string, help: string, key: keyof Omit<QueueState, 'name'>) =>
    metrics.gauge(name, help, ['task_queue'], async () =>
      (await described()).map((queue) => [{ task_queue: queue.name }, queue[key]] as const),
    );
  queueGauge('task_queue_pollers', 'Workers that ask for tasks of a Task Queue.', 'pollers');
  queueGauge(
    'task_queue_backlog',
    'Approximate number of steps that wait in a Task Queue for a worker.',
    'backlog',
  );
  queueGauge(
    'task_queue_backlog_age_seconds',
    'Approximate age of the oldest step that waits in a Task Queue.',
    'age',
  );
}

interface Queue {
  readonly name: string;
  readonly type: number;
}

/** Returns the Task Queues that workers have to serve: that of the workflows, and the two of each region. */
function taskQueuesOf(regions: Config['regions']): readonly Queue[] {
  const regionQueues = new Set([...regions.values()].map(({ taskQueue }) => taskQueue));
  const activityQueues = [...regionQueues].flatMap((name) => [name, shortTaskQueue(name)]);
  return [
    { name: TASK_QUEUE, type: TASK_QUEUE_TYPE.workflow },
    ...activityQueues.map((name) => ({ name, type: TASK_QUEUE_TYPE.activity })),
  ];
}

interface QueueState {
  readonly name: string;
  readonly pollers: number;
  readonly backlog: number;
  readonly age: number;
}

async function describeQueue(client: Client, { name, type }: Queue): Promise<QueueState> {
  const { pollers, stats } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name },
    taskQueueType: type,
    reportStats: true,
  });
  return {
    name,
    pollers: pollers?.length ?? 0,
    backlog: Number(stats?.approximateBacklogCount ?? 0),
    age: secondsOf(stats?.approximateBacklogAge),
  };
}

/** Returns the seconds of a `google.protobuf.Duration`. */
function secondsOf(
  duration: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined,
): number {
  return Number(duration?.seconds ?? 0) + (duration?.nanos ?? 0) / 1e9;
}

/**
 * Returns a function that returns the last answer of `ask`, and calls `ask` again only if that answer is
 * older than `KEPT`. The calls to Temporal in `ask` fail when they take longer than `PATIENCE` in all.
 */
function cached<T>(client: Client, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const at = Date.now();
    if (last === undefined || at - last.at > KEPT)
      last = { at, answer: client.withDeadline(at + PATIENCE, ask) };
    return last.answer;
  };
}
