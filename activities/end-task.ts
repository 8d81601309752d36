import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { GRPC_STATUS, grpcStatusOf, listWorkflows, visibility } from '../src/temporal/index.ts';
import type { Dependencies } from './dependencies.ts';
import { heartbeating } from './step.ts';

/**
 * The first and the longest pause between two looks at a workflow; milliseconds. The pause grows, because a
 * copy may take long to end.
 */
const FIRST_PAUSE = 200;
const MAX_PAUSE = 10_000;

/** Cancels a workflow, and waits until it has closed. Does nothing if there is no such workflow. */
export async function cancelAndAwait({ client }: Dependencies, workflowId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  const isOpen = async () => (await handle.describe()).closeTime === undefined;
  await heartbeating(
    () => null,
    () =>
      ignoringAbsence(async () => {
        if (!(await isOpen())) return;
        await handle.cancel();
        for (let pause = FIRST_PAUSE; await isOpen(); pause = nextPause(pause))
          await Context.current().sleep(pause);
      }),
  );
}

/**
 * Deletes the records of a workflow, of its earlier runs and of all its children. Returns when none of them
 * can be seen any more. Waits for those that are still running, because a deletion would stop them in the
 * middle of their work.
 */
export async function deleteRecords({ client }: Dependencies, workflowId: string): Promise<void> {
  const all = visibility`RootWorkflowId = ${workflowId}`;
  const namespace = client.options.namespace;
  await heartbeating(
    () => null,
    async () => {
      for (let pause = FIRST_PAUSE; ; pause = nextPause(pause)) {
        // Temporal's list lags behind, and may lack a workflow that exists. So the workflow itself is looked
        // up as well.
        let left = (await isThere(client, workflowId)) ? 1 : 0;
        for await (const { workflowId: id, runId, closeTime } of listWorkflows(client, all)) {
          left += 1;
          if (closeTime === undefined) continue;
          await ignoringAbsence(async () => {
            const workflowExecution = { workflowId: id, runId };
            await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
          });
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
