import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { TASK_QUEUE } from '../../src/copy-job/index.ts';
import {
  DELETE_TASK,
  LARGE_OBJECT,
  MOVE_OBJECTS,
  requestedTask,
  TASK_MEMO,
  type TaskRequest,
} from '../../src/object-task/index.ts';
import { gate } from '../support/workflow-hooks.ts';
import type { endOf, Rig } from '../support/workflow-rig.ts';

/** Workflows, with the event that closes them. Each has a history with its name. */
export type Scenarios = Record<
  string,
  { closed: string; run: (rig: Rig) => Promise<Parameters<typeof endOf>[0]> }
>;

/** Tasks of file shares. */
export const TASK_SCENARIOS: Scenarios = {
  'moved-objects': {
    closed: 'WORKFLOW_EXECUTION_COMPLETED',
    run: async (rig) => ({ handle: await startTask(rig, 'moved-objects', { hasLarge: true }) }),
  },
  'canceled-after-its-last-object': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const taskId = 'canceled-after-its-last-object';
      const at = gate();
      rig.hookActivities(taskId, (call, name) =>
        name === 'moveSmallObjects' ? call().finally(() => at.pass()) : call(),
      );
      const handle = await startTask(rig, taskId, { hasLarge: false });
      await at.reached;
      await handle.cancel();
      at.open();
      return { handle };
    },
  },
  'deleted-task': {
    closed: 'WORKFLOW_EXECUTION_COMPLETED',
    run: async (rig) => {
      const task = await startTask(rig, 'to-delete', { hasLarge: true });
      const handle = await rig.client.workflow.start(DELETE_TASK, {
        workflowId: 'deleted-task',
        taskQueue: TASK_QUEUE,
        args: [task.workflowId],
      });
      return { handle };
    },
  },
};

/**
 * Starts a task that moves a small object, and one that is just large enough for a copy of its own if it
 * `hasLarge`.
 */
async function startTask(
  { deployment, client }: Rig,
  taskId: string,
  { hasLarge }: { readonly hasLarge: boolean },
): Promise<WorkflowHandle> {
  const folder = join(deployment.folder, 'ot1', taskId);
  await mkdir(folder);
  await writeFile(join(folder, 'small'), '');
  if (hasLarge) {
    await writeFile(join(folder, 'large'), '');
    await truncate(join(folder, 'large'), LARGE_OBJECT);
  }
  const request: TaskRequest = {
    task_id: taskId,
    type: 'import',
    tenant_id: 'tenant-a',
    share_id: 'share',
    target: 'training',
    src_prefix: `${taskId}/`,
    dest_prefix: `${taskId}/`,
    source: { region: 'ot1', prefix: `${taskId}/` },
    destination: { region: 'ot2', prefix: `${taskId}/` },
  };
  return client.workflow.start(MOVE_OBJECTS, {
    workflowId: taskId,
    taskQueue: TASK_QUEUE,
    args: [request],
    memo: { [TASK_MEMO]: requestedTask(request, new Date()) },
  });
}
