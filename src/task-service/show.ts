import type { Client } from '@temporalio/client';
import { parseTask, TASK_DETAILS_QUERY, type TaskDetails } from '../object-task/index.ts';
import { listWorkflows } from '../temporal/index.ts';
import { TaskError } from './errors.ts';
import { findTask } from './find.ts';
import { ALL_TASKS } from './list.ts';
import type { TaskView } from './service.ts';
import { standingOf } from './standing.ts';

/** How long a workflow may take to answer; milliseconds. After that, the task is shown as its memo has it. */
const PATIENCE = 3000;

/**
 * Shows a task of any tenant to an operator. If the task stands still, says why. The counts of a running task
 * come from its workflow, or from its memo if no worker answers.
 * @param id the id of the task, or of its workflow
 * @throws TaskError `task_not_found`
 */
export async function showAnyTask(client: Client, id: string): Promise<TaskView> {
  const workflowId = await workflowIdOf(client, id);
  const found = await findTask(client, workflowId);
  if (found === undefined) throw notFound(id);
  const { task, view } = found;
  if (view.status !== 'running') return view;
  const [live, standing] = await Promise.all([liveDetails(client, workflowId), standingOf(client, task)]);
  return { ...view, ...live, standing };
}

function notFound(id: string): TaskError {
  return new TaskError('task_not_found', `there is no task ${id}`);
}

/** Finds the id of a task's workflow, which ends with the task's id. An id with a slash is a workflow's. */
async function workflowIdOf(client: Client, id: string): Promise<string> {
  if (id.includes('/')) return id;
  for await (const { workflowId } of listWorkflows(client, ALL_TASKS))
    if (workflowId.endsWith(`/${id}`)) return workflowId;
  throw notFound(id);
}

/** Asks the workflow of a running task for its details. Returns `undefined` if no worker answers in time. */
async function liveDetails(client: Client, workflowId: string): Promise<TaskDetails | undefined> {
  const handle = client.workflow.getHandle(workflowId);
  const ask = () => handle.query<unknown>(TASK_DETAILS_QUERY);
  return client.withDeadline(Date.now() + PATIENCE, ask).then(parseTask, () => undefined);
}
