import type { Client } from '@temporalio/client';
import { DELETE_TASK, deletionIdOf, MOVE_OBJECTS, taskIdPrefix } from '../object-task/index.ts';
import {
  type ListedRun,
  lastRuns,
  listWorkflows,
  OPEN,
  type VisibilityQuery,
  visibility,
} from '../temporal/index.ts';
import type { TaskOwner, TaskPage, TaskQuery, TaskView } from './service.ts';
import { taskView } from './view.ts';

/** The largest number of tasks in one answer. */
const MAX_TASKS = 1000;

/**
 * Lists a tenant's tasks at a share. Reads all of them, because Temporal can neither filter by the type of a
 * task nor skip to an offset.
 */
export async function listTasks(client: Client, owner: TaskOwner, query: TaskQuery): Promise<TaskPage> {
  const prefix = taskIdPrefix(owner.share_id, owner.tenant_id);
  const deletions = await openDeletions(client, prefix);
  // A whole execution takes much more memory than these parts of it.
  const runs: (ListedRun & { readonly task: TaskView | undefined })[] = [];
  for await (const execution of listWorkflows(client, tasksOf(owner))) {
    const { workflowId, startTime, closeTime } = execution;
    // Some of Temporal's databases ignore the case of letters when they compare ids.
    if (!workflowId.startsWith(prefix)) continue;
    const isDeleting = deletions.has(deletionIdOf(workflowId));
    runs.push({ workflowId, startTime, closeTime, task: taskView(execution, { isDeleting }) });
  }
  const tasks = lastRuns(runs).flatMap(({ task }) => (task && isWanted(task, query) ? [task] : []));
  tasks.sort((one, other) => other.created_at.localeCompare(one.created_at));
  const { offset = 0, limit = MAX_TASKS } = query;
  return { tasks: tasks.slice(offset, offset + Math.min(limit, MAX_TASKS)), count: tasks.length };
}

/** Returns the ids of the deletions under way of tasks whose ids begin with a prefix. */
export async function openDeletions(client: Client, prefix: string): Promise<ReadonlySet<string>> {
  const deletions = visibility`WorkflowType = ${DELETE_TASK} AND ${OPEN}
    AND WorkflowId STARTS_WITH ${deletionIdOf(prefix)}`;
  const ids = new Set<string>();
  for await (const { workflowId } of listWorkflows(client, deletions)) ids.add(workflowId);
  return ids;
}

/**
 * Matches the last run of every task. If a task was reset, also matches the runs that the resets have ended:
 * `lastRuns` leaves them out.
 */
export const ALL_TASKS = visibility`WorkflowType = ${MOVE_OBJECTS} AND ExecutionStatus != 'ContinuedAsNew'`;

/** Returns a filter that matches those runs of `ALL_TASKS` that belong to a tenant's tasks at a share. */
export function tasksOf({ share_id, tenant_id }: TaskOwner): VisibilityQuery {
  return visibility`${ALL_TASKS} AND WorkflowId STARTS_WITH ${taskIdPrefix(share_id, tenant_id)}`;
}

function isWanted(task: TaskView, { type, status, since, until }: TaskQuery): boolean {
  if (type !== undefined && task.type !== type) return false;
  if (status !== undefined && task.status !== status) return false;
  if (since !== undefined && new Date(task.created_at) < since) return false;
  if (until === undefined) return true;
  // The end is compared in whole seconds, because answers show times in whole seconds.
  return task.ended_at !== null && new Date(task.ended_at).setMilliseconds(0) <= until.getTime();
}
