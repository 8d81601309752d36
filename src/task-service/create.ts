import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Shares } from '../config/index.ts';
import { fairnessKeyOf, TASK_QUEUE } from '../copy-job/index.ts';
import {
  DELETE_TASK,
  deletionIdOf,
  MOVE_OBJECTS,
  requestedTask,
  TASK_MEMO,
  taskWorkflowId,
} from '../object-task/index.ts';
import { LimitReached, type Quota } from '../quota/index.ts';
import { TaskError } from './errors.ts';
import { findTask } from './find.ts';
import { listTasks, tasksOf } from './list.ts';
import type { TaskOwner, TaskService } from './service.ts';
import { requestOf, shareOf } from './shares.ts';
import { standingOf } from './standing.ts';

/** Everything that the task service needs. */
interface TaskServiceOptions {
  readonly client: Client;
  readonly shares: Shares;
  /** Limits the work that a tenant may have running. By default, there is no limit. */
  readonly quota?: Quota;
}

/** Returns a service of import and export tasks that uses a Temporal client. */
export function createTaskService({ client, shares, quota }: TaskServiceOptions): TaskService {
  const find = async (owner: TaskOwner, taskId: string) => {
    shareOf(shares, owner);
    const id = taskWorkflowId(owner.share_id, owner.tenant_id, taskId);
    const found = await callTemporal(findTask(client, id));
    if (found === undefined) throw new TaskError('task_not_found', 'Invalid task id.');
    return { id, ...found };
  };
  return {
    async start(owner, task) {
      const share = shareOf(shares, owner);
      const taskId = randomUUID().replaceAll('-', '');
      const request = requestOf(share, owner, taskId, task);
      const { type, source, destination } = request;
      const start = () =>
        client.workflow.start(MOVE_OBJECTS, {
          workflowId: taskWorkflowId(owner.share_id, owner.tenant_id, taskId),
          taskQueue: TASK_QUEUE,
          priority: { fairnessKey: fairnessKeyOf(owner.tenant_id) },
          args: [request],
          memo: { [TASK_MEMO]: requestedTask(request, new Date()) },
          staticSummary: `${type}: ${source.region} → ${destination.region}`,
        });
      // Zero bytes: nobody knows yet how much the task will move.
      await callTemporal(
        quota === undefined ? start() : quota.within(owner.tenant_id, tasksOf(owner), 0, start),
      );
      return { task_id: taskId };
    },

    async show(owner, taskId) {
      const { task, view } = await find(owner, taskId);
      if (view.status !== 'running') return view;
      return { ...view, standing: await callTemporal(standingOf(client, task)) };
    },

    async list(owner, query = {}) {
      shareOf(shares, owner);
      return callTemporal(listTasks(client, owner, query));
    },

    async delete(owner, taskId) {
      const { id } = await find(owner, taskId);
      await callTemporal(
        client.workflow.start(DELETE_TASK, {
          workflowId: deletionIdOf(id),
          taskQueue: TASK_QUEUE,
          args: [id],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      );
    },
  };
}

/** Waits for a call to Temporal, and turns its error into a TaskError. */
async function callTemporal<T>(call: Promise<T>): Promise<T> {
  return call.catch((cause) => {
    if (cause instanceof LimitReached) throw new TaskError('quota_exceeded', cause.message);
    const message = 'the task service is not available at the moment; try again later';
    throw new TaskError('unavailable', message, { cause });
  });
}
