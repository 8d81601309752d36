import { createHash } from 'node:crypto';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { CLEAN_UP, COPY_IMAGE, searchAttributes, tenantKeyword } from '../copy-job/index.ts';
import { JobError } from './errors.ts';
import { belongsTo, unavailable } from './find.ts';
import { type Caller, type JobPage, type ListQuery, OPERATOR } from './service.ts';
import { recordedView } from './view.ts';

/** What one answer holds at the most: eclsdk, for one, does not page. */
const MOST = 1000;
const TAG_BYTES = 16;
/**
 * What Temporal answers to a token that it cannot read: UNKNOWN, or INVALID_ARGUMENT.
 * @see https://grpc.io/docs/guides/status-codes/
 */
const BAD_TOKEN: ReadonlySet<number> = new Set([2, 3]);

/** A page of jobs, from visibility alone: nothing is asked of a worker or of a single workflow. */
export async function listJobs(client: Client, caller: Caller, query: ListQuery): Promise<JobPage> {
  const filter = visibilityQuery(caller, query);
  const { executions, nextPageToken } = await fetchPage(client, filter, query);
  const namespace = client.options.namespace;
  const jobs = await Promise.all(
    executions.map(async (raw) =>
      recordedView(await executionInfoFromRaw(raw, client.options.loadedDataConverter, raw, namespace)),
    ),
  );
  // SQLite finds keywords regardless of their case.
  const own = jobs.filter((job) => belongsTo(job, caller));
  return { jobs: own, next_marker: nextPageToken.length > 0 ? toMarker(nextPageToken, filter) : null };
}

async function fetchPage(client: Client, filter: string, { limit, marker }: ListQuery) {
  const pageToken = marker === undefined ? undefined : fromMarker(marker, filter);
  try {
    const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      query: filter,
      pageSize: Math.min(limit ?? MOST, MOST),
      ...(pageToken && { nextPageToken: pageToken }),
    });
    return { executions: executions ?? [], nextPageToken: nextPageToken ?? new Uint8Array() };
  } catch (error) {
    // A token of another Temporal version: the marker was ours, and is of no use any more.
    if (pageToken !== undefined && isGrpcServiceError(error) && BAD_TOKEN.has(error.code)) throw badMarker();
    throw unavailable(error);
  }
}

/** Only encoded ids and statuses of our own set get into a query. */
function visibilityQuery(caller: Caller, { status, cleaning }: ListQuery): string {
  const terms = cleaning
    ? [`WorkflowType = '${CLEAN_UP}'`, "ExecutionStatus = 'Running'"]
    : // A copy that a task makes is a part of that task.
      [`WorkflowType = '${COPY_IMAGE}'`, 'ParentWorkflowId IS NULL'];
  if (caller !== OPERATOR)
    terms.push(`${searchAttributes.tenants.name} = '${tenantKeyword(caller.tenant_id)}'`);
  if (status !== undefined) terms.push(`${searchAttributes.status.name} = '${status}'`);
  return terms.join(' AND ');
}

/** A marker is good for the query that it came from, and for no other. */
function toMarker(pageToken: Uint8Array, filter: string): string {
  return Buffer.concat([tag(pageToken, filter), pageToken]).toString('base64url');
}

function fromMarker(marker: string, filter: string): Uint8Array {
  const bytes = Buffer.from(marker, 'base64url');
  const pageToken = bytes.subarray(TAG_BYTES);
  if (!bytes.subarray(0, TAG_BYTES).equals(tag(pageToken, filter))) throw badMarker();
  return pageToken;
}

function tag(pageToken: Uint8Array, filter: string): Buffer {
  return createHash('sha256').update(filter).update('\0').update(pageToken).digest().subarray(0, TAG_BYTES);
}

function badMarker(): JobError {
  return new JobError('invalid', 'is not a marker of this list: take it from the Link of an earlier page', {
    field: 'marker',
  });
}
