import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';

/** Whether the server has given up on this attempt: another one may be under way, or the job has ended. */
export function isSuperseded(): boolean {
  const { notFound, timedOut } = Context.current().cancellationDetails ?? {};
  return notFound === true || timedOut === true;
}

/**
 * Whether the job of this attempt is known to have ended: to one that the server has given up on, it says whether a
 * successor may come, or nobody else will clean up.
 */
export async function jobHasEnded(client: Client): Promise<boolean> {
  const { workflowId, runId } = Context.current().info.workflowExecution ?? { workflowId: '', runId: '' };
  const job = await client.workflow
    .getHandle(workflowId, runId)
    .describe()
    .catch(() => undefined);
  return job !== undefined && job.status.name !== 'RUNNING';
}
