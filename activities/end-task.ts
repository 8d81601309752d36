import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { CLEAN_UP } from '../src/copy-job/index.ts';
import {
  deleteRun,
  GRPC_STATUS,
  grpcStatusOf,
  isWorkflowPaused,
  listWorkflows,
  OPEN,
  visibility,
} from '../src/temporal/index.ts';
import type { Dependencies } from './dependencies.ts';
import { heartbeating } from './step.ts';

/**
 * The first and the longest pause between two looks at a workflow; milliseconds. The pause grows, because a
 * copy may take long to end.
 */
const FIRST_PAUSE = 200;
const MAX_PAUSE = 10_000;

/**
 * Cancels a task and the copies of its large objects, and waits until the task has closed. Does nothing if
 * there is no such workflow. Somebody may reset the task or one of the copies meanwhile, and the new run may
 * know nothing of the cancellation. So all of them are looked at again and again.
 */
export async function cancelAndAwait({ client }: Dependencies, workflowId: string): Promise<void> {
  const copies = visibility`RootWorkflowId = ${workflowId} AND WorkflowType != ${CLEAN_UP} AND ${OPEN}`;
  await heartbeating(
    () => null,
    async () => {
      let pause = FIRST_PAUSE;
      while (await cancelUnlessClosed(client, workflowId)) {
        for await (const copy of listWorkflows(client, copies))
          await cancelUnlessClosed(client, copy.workflowId);
        await Context.current().sleep(pause);
        pause = nextPause(pause);
      }
    },
  );
}

/**
 * Cancels the last run of a workflow, unless it is being cancelled already. Ends its pause, because a paused
 * workflow does not notice that it is cancelled. Returns `false` if the run has closed or is gone.
 */
async function cancelUnlessClosed(client: Client, workflowId: string): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId);
  const isOpen = await ignoringAbsence(async () => {
    const run = await handle.describe();
    if (run.closeTime !== undefined) return false;
    if (!run.raw.workflowExtendedInfo?.cancelRequested) await handle.cancel();
    if (isWorkflowPaused(run)) await unpause(client, workflowId);
    return true;
  });
  return isOpen ?? false;
}

async function unpause({ workflowService, options }: Client, workflowId: string): Promise<void> {
  const { namespace, identity } = options;
  const reason = 'to cancel it';
  const request = { namespace, identity, workflowId, reason, requestId: randomUUID() };
  await workflowService.unpauseWorkflowExecution(request);
}

/**
 * Deletes the records of a workflow, of its earlier runs and of all its children. Returns when none of them
 * can be seen any more. Cancels those that a reset has opened again. Waits for all that are still running,
 * because a deletion would stop them in the middle of their work.
 */
export async function deleteRecords({ client }: Dependencies, workflowId: string): Promise<void> {
  const all = visibility`RootWorkflowId = ${workflowId}`;
  await heartbeating(
    () => null,
    async () => {
      for (let pause = FIRST_PAUSE; ; pause = nextPause(pause)) {
        // Temporal's list lags behind, and may lack a workflow that exists. So the workflow itself is looked
        // up as well.
        let left = (await isThere(client, workflowId)) ? 1 : 0;
        for await (const run of listWorkflows(client, all)) {
          left += 1;
          if (run.closeTime !== undefined) await deleteRun(client, run);
          // A clean-up is not cancelled, because nobody else removes the leftovers of its copy.
          else if (run.type !== CLEAN_UP) await cancelUnlessClosed(client, run.workflowId);
        }
        if (left === 0) return;
        await Context.current().sleep(pause);
      }
    },
  );
}

function nextPause(pause: number): number {
  return Math.min(pause * 1.5, MAX_PAUSE);
}

async function isThere(client: Client, workflowId: string): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId);
  return (await ignoringAbsence(() => handle.describe())) !== undefined;
}

async function ignoringAbsence<T>(operation: () => Promise<T>): Promise<T | undefined> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    // Calls of `workflowService` throw gRPC's errors, not those of the client.
    if (grpcStatusOf(error) === GRPC_STATUS.notFound) return undefined;
    throw error;
  }
}
