import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { DELETE_TASK, deletionIdOf, MOVE_OBJECTS } from '../object-task/index.ts';
import { describeIfThere } from '../temporal/index.ts';
import type { TaskView } from './service.ts';
import { taskView } from './view.ts';

/** Finds a task by the id of its workflow. Returns `undefined` if there is none. */
export async function findTask(
  client: Client,
  workflowId: string,
): Promise<{ readonly task: WorkflowExecutionDescription; readonly view: TaskView } | undefined> {
  // The deletion is described first. If it ends before the second call, that call finds no task. In the other
  // order, a task that has just been deleted could still be shown.
  const deletion = await describeIfThere(client, DELETE_TASK, deletionIdOf(workflowId));
  const task = await describeIfThere(client, MOVE_OBJECTS, workflowId);
  if (task === undefined) return undefined;
  const isDeleting = deletion !== undefined && deletion.closeTime === undefined;
  const view = taskView(task, { isDeleting });
  return view && { task, view };
}
