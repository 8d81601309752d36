import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { VisibilityQuery } from './query.ts';
import { executionInfoFromRaw } from './sdk-internals.ts';

/**
 * The number of runs on a page of `listWorkflows`. The memo of a task may have 100 kB and more, so larger
 * pages might exceed what a client takes.
 */
const PAGE_SIZE = 200;

/** Lists all runs that match a filter; reads them page by page. */
export function listWorkflows(client: Client, query: VisibilityQuery): AsyncIterable<WorkflowExecutionInfo> {
  return client.workflow.list({ query: query.text, pageSize: PAGE_SIZE });
}

/** Counts the runs that match a filter. */
export async function countWorkflows(client: Client, query: VisibilityQuery): Promise<number> {
  return (await client.workflow.count(query.text)).count;
}

/** A page of a list of workflow runs. */
export interface WorkflowPage {
  readonly executions: readonly WorkflowExecutionInfo[];
  /** The token of the next page; `undefined` on the last one. */
  readonly nextPageToken: Uint8Array | undefined;
}

/**
 * Reads one page of the runs that match a filter.
 * @param pageToken the `nextPageToken` of the page before, which was read with the same filter; absent for
 * the first page
 */
export async function listPage(
  client: Client,
  query: VisibilityQuery,
  pageSize: number,
  pageToken?: Uint8Array,
): Promise<WorkflowPage> {
  const { namespace, loadedDataConverter } = client.options;
  const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
    namespace,
    query: query.text,
    pageSize,
    ...(pageToken && { nextPageToken: pageToken }),
  });
  return {
    executions: await Promise.all(
      (executions ?? []).map((raw) => executionInfoFromRaw(raw, loadedDataConverter, raw, namespace)),
    ),
    nextPageToken: nextPageToken?.length ? nextPageToken : undefined,
  };
}
