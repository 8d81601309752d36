import type { Client } from '@temporalio/client';
import {
  CLEAN_UP,
  COPY_IMAGE,
  isFinal,
  JOB_STATUSES,
  type JobStatus,
  searchAttributes,
  tenantKeyword,
} from '../copy-job/index.ts';
import {
  allOf,
  anyOf,
  attribute,
  GRPC_STATUS,
  grpcStatusOf,
  listPage,
  OPEN,
  type VisibilityQuery,
  visibility,
} from '../temporal/index.ts';
import { belongsTo, unavailable } from './find.ts';
import { badMarker, type Markers } from './markers.ts';
import { type Caller, type JobPage, type ListQuery, OPERATOR } from './service.ts';
import { recordedView } from './view.ts';

/**
 * The most jobs on a page. The number is high because some clients, such as eclsdk, never ask for a second
 * page.
 */
const MAX_JOBS = 1000;
/** The gRPC statuses with which Temporal refuses a page token that it cannot read. */
const BAD_TOKEN: ReadonlySet<number | undefined> = new Set([
  GRPC_STATUS.unknown,
  GRPC_STATUS.invalidArgument,
]);

/**
 * Reads a page of a caller's jobs. It uses only Temporal's visibility: no worker is needed, and no workflow
 * is described.
 * @throws JobError `invalid` for the field `marker`, or `unavailable`
 */
export async function listJobs(
  client: Client,
  markers: Markers,
  caller: Caller,
  query: ListQuery,
): Promise<JobPage> {
  const filter = filterOf(caller, query);
  const { executions, nextPageToken } = await fetchPage(client, markers, filter, query);
  // A Temporal on SQLite ignores the case of keywords, so the filter may match another tenant's jobs too.
  const own = executions.map(recordedView).filter((job) => belongsTo(job, caller));
  return {
    jobs: own,
    next_marker: nextPageToken === undefined ? null : markers.make(filter.text, nextPageToken),
  };
}

/** Returns a filter that matches the jobs that have a tenant as their source or destination tenant. */
export function ofTenant(tenantId: string): VisibilityQuery {
  return visibility`${attribute(searchAttributes.tenants.name)} = ${tenantKeyword(tenantId)}`;
}

/** Returns a filter that matches all jobs of a tenant, but not the copies that a task makes. */
export function jobsOf(tenantId: string): VisibilityQuery {
  return allOf([...JOBS, ofTenant(tenantId)]);
}

const JOBS = [visibility`WorkflowType = ${COPY_IMAGE}`, visibility`ParentWorkflowId IS NULL`];

async function fetchPage(
  client: Client,
  markers: Markers,
  filter: VisibilityQuery,
  { limit = MAX_JOBS, marker }: ListQuery,
) {
  const pageToken = marker === undefined ? undefined : markers.read(filter.text, marker);
  try {
    return await listPage(client, filter, Math.min(limit, MAX_JOBS), pageToken);
  } catch (error) {
    // The marker is genuine, but its page token comes from another version of Temporal, so it can no longer
    // be read.
    if (pageToken !== undefined && BAD_TOKEN.has(grpcStatusOf(error))) throw badMarker();
    throw unavailable(error);
  }
}

function filterOf(caller: Caller, { status, cleaning }: ListQuery): VisibilityQuery {
  const terms = cleaning ? [visibility`WorkflowType = ${CLEAN_UP}`, OPEN] : [...JOBS];
  if (caller !== OPERATOR) terms.push(ofTenant(caller.tenant_id));
  if (status !== undefined) terms.push(shownAs(status));
  return allOf(terms);
}

const STATUS = attribute(searchAttributes.status.name);
/** A filter that matches jobs that have no final status on record. */
const NOT_ENDED = anyOf([
  visibility`${STATUS} IS NULL`,
  ...JOB_STATUSES.filter((status) => !isFinal(status)).map((status) => visibility`${STATUS} = ${status}`),
]);
const CANCELED = visibility`ExecutionStatus = 'Canceled'`;

/**
 * Returns a filter that matches the jobs that clients see with a status. Not all of them have it on record: a
 * workflow that was terminated could not record `error`, and a workflow with a malformed input has no status
 * on record.
 */
function shownAs(status: JobStatus): VisibilityQuery {
  const recorded = visibility`${STATUS} = ${status}`;
  if (status === 'replicated') return recorded;
  if (status === 'canceled') return anyOf([recorded, allOf([CANCELED, NOT_ENDED])]);
  if (status === 'error')
    return anyOf([recorded, allOf([visibility`NOT ${OPEN} AND NOT ${CANCELED}`, NOT_ENDED])]);
  const begun =
    status === 'replicate_requested' ? anyOf([recorded, visibility`${STATUS} IS NULL`]) : recorded;
  return allOf([OPEN, begun]);
}
