import type { Client } from '@temporalio/client';
import pMap from 'p-map';
import { deletionIdOf, MOVE_OBJECTS } from '../object-task/index.ts';
import { describeIfThere, lastRuns, listPage } from '../temporal/index.ts';
import { ALL_TASKS, openDeletions } from './list.ts';
import type { TaskView } from './service.ts';
import { standingOf } from './standing.ts';
import { taskView } from './view.ts';

/** A list says of at most so many running tasks why they stand still. */
const MAX_CHECKED = 50;
/** How many tasks are checked at a time. */
const MAX_CHECKS = 8;

/**
 * Lists the tasks of all tenants for an operator, the newest first. If a running task stands still, says why.
 */
export async function listAllTasks(client: Client, limit: number): Promise<readonly TaskView[]> {
  const { executions } = await listPage(client, ALL_TASKS, limit);
  const deletions = await openDeletions(client, '');
  let checked = 0;
  const tasks = await pMap(
    lastRuns(executions),
    async (execution) => {
      const isDeleting = deletions.has(deletionIdOf(execution.workflowId));
      const task = taskView(execution, { isDeleting });
      if (task?.status !== 'running' || checked === MAX_CHECKED) return task;
      checked += 1;
      const described = await describeIfThere(client, MOVE_OBJECTS, execution.workflowId);
      return described === undefined ? task : { ...task, standing: await standingOf(client, described) };
    },
    { concurrency: MAX_CHECKS },
  );
  return tasks.filter((task) => task !== undefined);
}
