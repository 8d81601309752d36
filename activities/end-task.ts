import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Dependencies } from './dependencies.ts';
import { heartbeating } from './step.ts';

const POLL = 500;

/** Cancels a workflow, and waits until it has closed. Nothing to do where there is none. */
export async function cancelAndAwait({ client }: Dependencies, workflowId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  const isOpen = async () => (await handle.describe()).status.name === 'RUNNING';
  await heartbeating(
    () => null,
    () =>
      ignoringAbsence(async () => {
        if (!(await isOpen())) return;
        await handle.cancel();
        while (await isOpen()) await Context.current().sleep(POLL);
      }),
  );
}

/**
 * Deletes what is on record of a workflow, of its earlier runs and of all its children; returns when nothing of
 * it is to be seen any more. Each of them has closed: a deletion would stop a running one in its tracks.
 */
export async function deleteRecords({ client }: Dependencies, workflowId: string): Promise<void> {
  const query = `RootWorkflowId = '${workflowId}'`;
  const namespace = client.options.namespace;
  await heartbeating(
    () => null,
    async () => {
      for (;;) {
        let left = 0;
        for await (const { workflowId: id, runId, status } of client.workflow.list({ query })) {
          left += 1;
          if (status.name === 'RUNNING') throw new Error(`${id} is still running`);
          await ignoringAbsence(async () => {
            const workflowExecution = { workflowId: id, runId };
            await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
          });
        }
        if (left === 0) return;
        await Context.current().sleep(POLL);
      }
    },
  );
}

async function ignoringAbsence(operation: () => Promise<void>): Promise<void> {
  try {
    await operation();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return;
    // The service itself, without the client's types.
    if ((error as { code?: unknown }).code === NOT_FOUND) return;
    throw error;
  }
}

/** @see https://grpc.io/docs/guides/status-codes/ */
const NOT_FOUND = 5;
