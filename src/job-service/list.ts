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
 * The most jobs in a list for which the caller sets no limit. It is high because some clients, eclsdk for
 * one, never ask for a second page.
 */
const MAX_JOBS = 1000;
/** Temporal's answers to a page token that it cannot read. */
const BAD_TOKEN: ReadonlySet<number | undefined> = new Set([
  GRPC_STATUS.unknown,
  GRPC_STATUS.invalidArgument,
]);

/**
 * Reads a page of a caller's jobs from visibility alone. No worker and no single workflow is asked.
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
  // SQLite ignores the case of letters when it looks for keywords.
  const own = executions.map(recordedView).filter((job) => belongsTo(job, caller));
  return {
    jobs: own,
    next_marker: nextPageToken === undefined ? null : markers.make(filter.text, nextPageToken),
  };
}

/** Returns a filter that matches the jobs of which a tenant is the source or the destination. */
export function ofTenant(tenantId: string): VisibilityQuery {
  return visibility`${attribute(searchAttributes.tenants.name)} = ${tenantKeyword(tenantId)}`;
}

/**
 * Returns a filter that matches all jobs of a tenant. A copy that a task makes belongs to the task, and does
 * not match.
 */
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
    // We have made the marker, but another version of Temporal has made the token in it: nobody can read it
    // any more.
    if (pageToken !== undefined && BAD_TOKEN.has(grpcStatusOf(error))) throw badMarker();
    throw unavailable(error);
  }
}

function filterOf(caller: Caller, { status, cleaning }: ListQuery): VisibilityQuery {
  const terms = cleaning ? [visibility`WorkflowType = ${CLEAN_UP}`, OPEN] : [...JOBS];
  if (caller !== OPERATOR) terms.push(ofTenant(caller.tenant_id));
  if (status !== undefined) terms.push(showing(status));
  return allOf(terms);
}

const STATUS = attribute(searchAttributes.status.name);
/** A filter that takes jobs whose record does not say that they have ended. */
const UNENDED = anyOf([
  visibility`${STATUS} IS NULL`,
  ...JOB_STATUSES.filter((status) => !isFinal(status)).map((status) => visibility`${STATUS} = ${status}`),
]);
const CANCELED = visibility`ExecutionStatus = 'Canceled'`;

/**
 * Returns a filter that takes the jobs which show a status. A job may not have it on record: a workflow that
 * was terminated could not put it there, and the input of another was so wrong that it has nothing on record.
 */
function showing(status: JobStatus): VisibilityQuery {
  const recorded = visibility`${STATUS} = ${status}`;
  if (status === 'replicated') return recorded;
  if (status === 'canceled') return anyOf([recorded, allOf([CANCELED, UNENDED])]);
  if (status === 'error')
    return anyOf([recorded, allOf([visibility`NOT ${OPEN} AND NOT ${CANCELED}`, UNENDED])]);
  const begun =
    status === 'replicate_requested' ? anyOf([recorded, visibility`${STATUS} IS NULL`]) : recorded;
  return allOf([OPEN, begun]);
}
