import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import {
  type Batch,
  type BatchProgress,
  MOVE_OBJECTS,
  type TaskPlan,
  type TaskRequest,
} from '../../src/object-task/index.ts';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';
import { until } from '../support/until.ts';
import { quietRuntime } from '../support/workflow-workers.ts';

const PLAN: TaskPlan = {
  source: { region: 'bucket', prefix: '' },
  destination: { region: 'nas', prefix: '' },
  task_queue: 'stores',
  heartbeat_timeout: 3000,
  no_worker_timeout: 30_000,
};

/** A running task whose steps touch no store. */
export interface FakeTask {
  readonly handle: WorkflowHandle;
  /** Waits until the first run of the task has closed. Returns the status with which it has closed. */
  closedAs(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a task, and returns as soon as its first batch is being moved.
 *
 * @param move what the step does that moves a batch
 * @param next the last path of the batch; `null` if there are no objects after it
 */
export async function startFakeTask(
  { address, client }: { readonly address: string; readonly client: Client },
  { move, next = null }: { readonly move: () => Promise<BatchProgress>; readonly next?: string | null },
): Promise<FakeTask> {
  const moving = Promise.withResolvers<void>();
  const activities = {
    planTask: async () => PLAN,
    listBatch: async (): Promise<Batch> => ({
      small: { after: null, up_to: 'a', except: [] },
      large: [],
      next,
    }),
    moveSmallObjects: async () => {
      moving.resolve();
      return move();
    },
  };
  quietRuntime();
  const connection = await NativeConnection.connect({ address });
  const common = {
    connection,
    namespace: client.options.namespace,
    activities,
    maxHeartbeatThrottleInterval: '100ms',
  } as const;
  const bundle = await workflowBundle(new DefaultLogger('ERROR'));
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: 'workflows', workflowBundle: bundle }),
    Worker.create({ ...common, taskQueue: 'stores' }),
  ]);
  const running = workers.map((worker) => worker.run());
  const { workflowId, firstExecutionRunId } = await client.workflow.start(MOVE_OBJECTS, {
    taskQueue: 'workflows',
    workflowId: randomUUID(),
    args: [{} as TaskRequest],
  });
  const handle = client.workflow.getHandle(workflowId, firstExecutionRunId);
  await moving.promise;
  return {
    handle,
    closedAs: () =>
      until(async () => {
        const { status, closeTime } = await handle.describe();
        return closeTime !== undefined && status.name;
      }),
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await connection.close();
    },
  };
}

/** Sends heartbeats until the attempt is cancelled. */
export async function untilCancelled(): Promise<void> {
  const { cancelled, heartbeat } = Context.current();
  const beating = setInterval(() => heartbeat(), 100);
  await cancelled.catch(() => clearInterval(beating));
}
