import type { Client } from '@temporalio/client';
import pMap from 'p-map';
import { MOVE_OBJECTS } from '../object-task/index.ts';
import { describeIfThere, listPage, visibility } from '../temporal/index.ts';
import type { TaskView } from './service.ts';
import { standingOf } from './standing.ts';
import { taskView } from './view.ts';

/** The largest number of running tasks in a list for which Temporal is asked why they stand still. */
const MAX_ASKED = 50;
const ASKED_AT_A_TIME = 8;

/**
 * Lists the tasks of all tenants for an operator, the newest first. If a running task stands still, says why.
 */
export async function listAllTasks(client: Client, limit: number): Promise<readonly TaskView[]> {
  const query = visibility`WorkflowType = ${MOVE_OBJECTS} AND ExecutionStatus != 'ContinuedAsNew'`;
  const { executions } = await listPage(client, query, limit);
  let asked = 0;
  const tasks = await pMap(
    executions,
    async (execution) => {
      const task = taskView(execution, false);
      if (task?.status !== 'running' || ++asked > MAX_ASKED) return task;
      const described = await describeIfThere(client, MOVE_OBJECTS, execution.workflowId);
      return described === undefined ? task : { ...task, standing: await standingOf(client, described) };
    },
    { concurrency: ASKED_AT_A_TIME },
  );
  return tasks.filter((task) => task !== undefined);
}
