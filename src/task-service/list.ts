import type { Client } from '@temporalio/client';
import { DELETE_TASK, deletionIdOf, MOVE_OBJECTS, taskIdPrefix } from '../object-task/index.ts';
import type { TaskOwner, TaskPage, TaskQuery, TaskView } from './service.ts';
import { taskView } from './view.ts';

/** What one answer holds at the most. */
const MOST = 1000;

/** A tenant's tasks at a share. Temporal knows nothing of types and offsets: it gives all, and we choose. */
export async function listTasks(client: Client, owner: TaskOwner, query: TaskQuery): Promise<TaskPage> {
  const prefix = taskIdPrefix(owner.share_id, owner.tenant_id);
  const deleting = new Set<string>();
  const deletions = `WorkflowType = '${DELETE_TASK}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({
    query: `${deletions} AND WorkflowId STARTS_WITH '${deletionIdOf(prefix)}'`,
  })) {
    deleting.add(workflowId);
  }
  const tasks: TaskView[] = [];
  const latestRuns = `WorkflowType = '${MOVE_OBJECTS}' AND ExecutionStatus != 'ContinuedAsNew'`;
  for await (const execution of client.workflow.list({
    query: `${latestRuns} AND WorkflowId STARTS_WITH '${prefix}'`,
  })) {
    // Some of Temporal's databases take no notice of case.
    if (!execution.workflowId.startsWith(prefix)) continue;
    const task = taskView(execution, deleting.has(deletionIdOf(execution.workflowId)));
    if (task !== undefined && isWanted(task, query)) tasks.push(task);
  }
  tasks.sort((one, other) => other.created_at.localeCompare(one.created_at));
  const { offset = 0, limit = MOST } = query;
  return { tasks: tasks.slice(offset, offset + Math.min(limit, MOST)), count: tasks.length };
}

function isWanted(task: TaskView, { type, status, since, until }: TaskQuery): boolean {
  if (type !== undefined && task.type !== type) return false;
  if (status !== undefined && task.status !== status) return false;
  if (since !== undefined && new Date(task.created_at) < since) return false;
  if (until === undefined) return true;
  // To the second, as it is shown.
  return task.ended_at !== null && new Date(task.ended_at).setMilliseconds(0) <= until.getTime();
}
