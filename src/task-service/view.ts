import type { WorkflowExecutionInfo } from '@temporalio/client';
import { TASK_MEMO, type TaskDetails } from '../object-task/index.ts';
import type { TaskStatus, TaskView } from './service.ts';

export type Execution = Omit<WorkflowExecutionInfo, 'raw'>;

/** A task from what is on record of it. */
export function taskView(execution: Execution, isDeleting: boolean): TaskView {
  const details = execution.memo?.[TASK_MEMO] as TaskDetails;
  const { status, closeTime } = execution;
  return {
    ...details,
    fault: details.fault ?? faultOf(status.name),
    status: isDeleting ? 'deleting' : statusOf(status.name),
    ended_at: closeTime?.toISOString() ?? null,
  };
}

function statusOf(name: Execution['status']['name']): TaskStatus {
  if (name === 'RUNNING' || name === 'CONTINUED_AS_NEW') return 'running';
  return name === 'COMPLETED' ? 'succeeded' : 'failed';
}

/** Why it has ended, where it could not say so itself. */
function faultOf(name: Execution['status']['name']): TaskDetails['fault'] {
  if (name === 'CANCELLED') return { code: 'canceled', side: null, message: 'the task was cancelled' };
  if (name === 'TERMINATED') return { code: 'terminated', side: null, message: 'the task was terminated' };
  return null;
}
