import { tenantKeyword } from '../copy-job/index.ts';

/**
 * The name of the workflow that moves objects. With this name and those below, any Temporal client can start,
 * inspect and cancel a task.
 */
export const MOVE_OBJECTS = 'moveObjects';
/** Name of the workflow that cancels a task and deletes its record. */
export const DELETE_TASK = 'deleteTask';
export const TASK_DETAILS_QUERY = 'taskDetails';

/** Memo key of the task's details. */
export const TASK_MEMO = 'task';

/**
 * Returns the prefix of the workflow ids of a tenant's tasks at a share. The service finds the tasks by this
 * prefix.
 */
export function taskIdPrefix(share: string, tenantId: string): string {
  return `task/${share}/${tenantKeyword(tenantId)}/`;
}

/** Returns the workflow id of a task. */
export function taskWorkflowId(share: string, tenantId: string, taskId: string): string {
  return taskIdPrefix(share, tenantId) + taskId;
}

/**
 * Returns the workflow id of a task's deletion. A task has one such id, so only one deletion of it runs at a
 * time.
 */
export function deletionIdOf(taskWorkflowId: string): string {
  return `delete/${taskWorkflowId}`;
}
