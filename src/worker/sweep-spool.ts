import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Spool } from '../transfer/index.ts';

const INTERVAL = 5 * 60_000;

/**
 * Removes what is in the spool for jobs that have ended while this worker was away, or on another one: now,
 * and every few minutes.
 */
export function keepSwept(spool: Spool, client: Client, logger: Logger): NodeJS.Timeout {
  const sweep = () =>
    spool
      .sweep(({ workflow_id, mark }) => isRunning(client, workflow_id, mark))
      .catch((error) => logger.warn({ err: error }, 'the spool could not be swept'));
  void sweep();
  return setInterval(sweep, INTERVAL).unref();
}

async function isRunning(client: Client, workflowId: string, mark: string): Promise<boolean> {
  try {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    const first = raw.workflowExecutionInfo?.firstRunId;
    return status.name === 'RUNNING' && (!first || first === mark);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
