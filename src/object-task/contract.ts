import { tenantKeyword } from '../copy-job/index.ts';

/** The names by which any Temporal client can start, cancel and inspect a task. */
export const MOVE_OBJECTS = 'moveObjects';
/** Removes a task, with all that it is still doing. */
export const DELETE_TASK = 'deleteTask';
export const TASK_DETAILS_QUERY = 'taskDetails';

/** Memo key of the task's details. */
export const TASK_MEMO = 'task';

/** What the workflow ids of a tenant's tasks at a share begin with: it says whose they are. */
export function taskIdPrefix(share: string, tenantId: string): string {
  return `task/${share}/${tenantKeyword(tenantId)}/`;
}

export function taskWorkflowId(share: string, tenantId: string, taskId: string): string {
  return taskIdPrefix(share, tenantId) + taskId;
}

/** Workflow id of the one deletion that a task can have. */
export function deletionIdOf(taskWorkflowId: string): string {
  return `delete/${taskWorkflowId}`;
}
