import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { TASK_QUEUE } from '../copy-job/index.ts';
import { optionalTsToDate, TASK_QUEUE_TYPE, visibility } from '../temporal/index.ts';

/** A task counts as waiting only after this time; milliseconds. A worker that is free takes it earlier. */
const WORTH_MENTIONING = 2000;

type IWorkerHeartbeat = temporal.api.worker.v1.IWorkerHeartbeat;
type Kind = keyof typeof TASK_QUEUE_TYPE;

/** A task of a job, in Temporal's sense, that waits for a worker. */
export interface WaitingTask {
  readonly kind: Kind;
  /** `null` if Temporal does not say. */
  readonly taskQueue: string | null;
  /** The time from which a worker could have taken the task. */
  readonly since: Date;
}

/** A value of `temporal.api.enums.v1.WorkerStatus`. */
const RUNNING = 1;
/** A worker without a heartbeat for this time counts as dead; milliseconds. The SDK sends one each minute. */
const MAX_SILENCE = 75_000;

/**
 * Returns in words what a task waits for; `null` if it has only just begun to wait. If any worker takes tasks
 * of this kind from the Task Queue, the task waits for a free slot. If none does, it waits for a worker.
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

/** Returns the Workflow Task that waits for a worker; `null` if there is none. */
export function waitingWorkflowTask({ taskQueue, raw }: WorkflowExecutionDescription): WaitingTask | null {
  const { startedTime, originalScheduledTime } = raw.pendingWorkflowTask ?? {};
  const since = startedTime ? undefined : optionalTsToDate(originalScheduledTime);
  return since === undefined ? null : { kind: 'workflow', taskQueue, since };
}

/**
 * Tells whether any worker takes tasks of a kind from a Task Queue. Returns `false` if Temporal does not
 * answer. An older Temporal has no list of workers. There, every worker that has polled the Task Queue in
 * the last five minutes counts.
 */
async function isServed(client: Client, kind: Kind, name: string): Promise<boolean> {
  const { namespace } = client.options;
  const query = visibility`TaskQueue = ${name}`.text;
  const listed = await client.workflowService.listWorkers({ namespace, query }).catch(() => undefined);
  const workers = (listed?.workersInfo ?? []).map(({ workerHeartbeat }) => workerHeartbeat ?? {});
  if (workers.length > 0) return workers.some((worker) => isAlive(worker) && takes(kind, worker));
  const request = { namespace, taskQueue: { name }, taskQueueType: TASK_QUEUE_TYPE[kind] };
  const found = await client.workflowService.describeTaskQueue(request).catch(() => undefined);
  return (found?.pollers?.length ?? 0) > 0;
}

function isAlive({ status, heartbeatTime }: IWorkerHeartbeat): boolean {
  const heard = optionalTsToDate(heartbeatTime)?.getTime() ?? 0;
  return status === RUNNING && Date.now() - heard < MAX_SILENCE;
}

/** Tells whether a worker takes tasks of a kind. If it takes them, it has slots for them, free or used. */
function takes(kind: Kind, worker: IWorkerHeartbeat): boolean {
  const { currentAvailableSlots, currentUsedSlots } = worker[`${kind}TaskSlotsInfo`] ?? {};
  return Boolean(currentAvailableSlots || currentUsedSlots);
}
