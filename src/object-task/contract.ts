import { tenantKeyword } from '../copy-job/index.ts';

/** The names by which any Temporal client can start, cancel and inspect a task. */
export const MOVE_OBJECTS = 'moveObjects';
/** Name of the workflow that stops and removes a task. */
export const DELETE_TASK = 'deleteTask';
export const TASK_DETAILS_QUERY = 'taskDetails';

/** Memo key of the task's details. */
export const TASK_MEMO = 'task';

/** Returns the prefix of the workflow ids of a tenant's tasks at a share. It shows whose tasks they are. */
export function taskIdPrefix(share: string, tenantId: string): string {
  return `task/${share}/${tenantKeyword(tenantId)}/`;
}

export function taskWorkflowId(share: string, tenantId: string, taskId: string): string {
  return taskIdPrefix(share, tenantId) + taskId;
}

/** Returns the workflow id of a task's deletion. A task can have only one. */
export function deletionIdOf(taskWorkflowId: string): string {
  return `delete/${taskWorkflowId}`;
}
