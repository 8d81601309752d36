import type { Client } from '@temporalio/client';

/**
 * Returns how long Temporal keeps the record of a closed workflow in the client's namespace; milliseconds.
 * Returns infinity if Temporal's answer does not contain the time. A job that Temporal does not know then
 * never counts as over: it may belong to another namespace, where it may still run.
 */
export async function retentionOf({
  workflowService,
  options,
}: Pick<Client, 'workflowService' | 'options'>): Promise<number> {
  const { namespace } = options;
  const { config } = await workflowService.describeNamespace({ namespace });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  return seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY;
}
