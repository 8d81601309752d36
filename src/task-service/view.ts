import type { WorkflowExecutionInfo } from '@temporalio/client';
import { parseTask, TASK_MEMO, type TaskDetails } from '../object-task/index.ts';
import type { TaskStatus, TaskView } from './service.ts';

/** A workflow execution, as a list or a description has it. */
export type Execution = Omit<WorkflowExecutionInfo, 'raw'>;

/** Returns a task as its memo shows it; `undefined` if the memo does not contain the details of a task. */
export function taskView(
  execution: Execution,
  { isDeleting }: { readonly isDeleting: boolean },
): TaskView | undefined {
  const details = parseTask(execution.memo?.[TASK_MEMO]);
  if (details === undefined) return undefined;
  const { status, closeTime } = execution;
  return {
    ...details,
    fault: details.fault ?? faultOf(status.name, details),
    status: isDeleting ? 'deleting' : statusOf(execution),
    ended_at: closeTime?.toISOString() ?? null,
    standing: null,
  };
}

function statusOf({ status: { name }, closeTime }: Execution): TaskStatus {
  // Without a close time, the workflow is running or paused.
  if (closeTime === undefined || name === 'CONTINUED_AS_NEW') return 'running';
  return name === 'COMPLETED' ? 'succeeded' : 'failed';
}

/** Returns the reason why a task has ended, if the task could not record it; otherwise `null`. */
function faultOf(name: Execution['status']['name'], { objects_failed }: TaskDetails): TaskDetails['fault'] {
  if (name === 'CANCELLED') return { code: 'canceled', side: null, message: 'the task was cancelled' };
  if (name === 'TERMINATED') return { code: 'terminated', side: null, message: 'the task was terminated' };
  if (name === 'TIMED_OUT')
    return { code: 'timed_out', side: null, message: 'the task has run out of its time' };
  // If objects have failed, their failures are the reason.
  if (name !== 'FAILED' || objects_failed > 0) return null;
  return { code: 'internal', side: null, message: 'the task has failed unexpectedly' };
}
