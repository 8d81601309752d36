import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { TASK_QUEUE } from '../copy-job/index.ts';
import { optionalTsToDate, TASK_QUEUE_TYPE, visibility } from '../temporal/index.ts';

/** A wait that is shorter than this is only the time that handing over takes; milliseconds. */
const WORTH_MENTIONING = 2000;

/** A task that a job waits with. */
export interface WaitingTask {
  readonly kind: keyof typeof TASK_QUEUE_TYPE;
  /** `null` if Temporal does not tell. */
  readonly taskQueue: string | null;
  /** Since when a worker could have taken it. */
  readonly since: Date;
}

/** A value of `temporal.api.enums.v1.WorkerStatus`. */
const RUNNING = 1;
/**
 * A worker that Temporal has not heard for longer is dead: the SDK tells of each once a minute; milliseconds.
 */
const MAX_SILENCE = 75_000;

/**
 * Returns in words what a task waits for; `null` if it has only begun to wait. Where workers serve the Task
 * Queue, all of them are busy. A server that knows nothing of workers themselves names those that have polled
 * in the last five minutes.
 */
export async function waitingFor(
  client: Client,
  { kind, taskQueue, since }: WaitingTask,
): Promise<string | null> {
  if (Date.now() - since.getTime() < WORTH_MENTIONING) return null;
  if (taskQueue === null) return 'a worker';
  if (await isServed(client, kind, taskQueue)) return `a free slot on Task Queue ${taskQueue}`;
  const wrong = kind === 'workflow' && taskQueue !== TASK_QUEUE;
  const hint = wrong ? `, which is the wrong one: jobs are started on Task Queue ${TASK_QUEUE}` : '';
  return `a worker on Task Queue ${taskQueue}${hint}`;
}

/** Returns the Workflow Task of a workflow that waits for a worker; `null` if none does. */
export function waitingWorkflowTask({ taskQueue, raw }: WorkflowExecutionDescription): WaitingTask | null {
  const { startedTime, originalScheduledTime } = raw.pendingWorkflowTask ?? {};
  const since = startedTime ? undefined : optionalTsToDate(originalScheduledTime);
  return since === undefined ? null : { kind: 'workflow', taskQueue, since };
}

/** Tells whether workers serve a Task Queue. A look that fails finds none. */
async function isServed(client: Client, kind: keyof typeof TASK_QUEUE_TYPE, name: string): Promise<boolean> {
  const { namespace } = client.options;
  const query = visibility`TaskQueue = ${name}`.text;
  const listed = await client.workflowService.listWorkers({ namespace, query }).catch(() => undefined);
  const workers = (listed?.workersInfo ?? []).map(({ workerHeartbeat }) => workerHeartbeat ?? {});
  if (workers.length > 0) return workers.some(isAlive);
  const request = { namespace, taskQueue: { name }, taskQueueType: TASK_QUEUE_TYPE[kind] };
  const found = await client.workflowService.describeTaskQueue(request).catch(() => undefined);
  return (found?.pollers?.length ?? 0) > 0;
}

function isAlive({ status, heartbeatTime }: temporal.api.worker.v1.IWorkerHeartbeat): boolean {
  const heard = optionalTsToDate(heartbeatTime)?.getTime() ?? 0;
  return status === RUNNING && Date.now() - heard < MAX_SILENCE;
}
