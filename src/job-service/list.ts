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
  lastRuns,
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
 * Reads a page of a caller's jobs by one call to Temporal. Needs no worker. If a job was reset, its page
 * shows only the last of its runs that the page has.
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
  const own = lastRuns(executions)
    .map(recordedView)
    .filter((job) => belongsTo(job, caller));
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
    // The marker is genuine, but its page token comes from another version of Temporal.
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
/** Matches jobs that have no status on record, for example because their input is malformed. */
const NO_STATUS = visibility`${STATUS} IS NULL`;
/** Matches jobs that have no final status on record. */
const NOT_ENDED = anyOf([
  NO_STATUS,
  ...JOB_STATUSES.filter((status) => !isFinal(status)).map((status) => visibility`${STATUS} = ${status}`),
]);
const CANCELED = visibility`ExecutionStatus = 'Canceled'`;
const CLOSED_OTHERWISE = visibility`NOT ${OPEN} AND NOT ${CANCELED}`;

/**
 * Returns a filter that matches the jobs that clients see with a status. A workflow that was closed from
 * outside could not record a final status. Then clients see the status that follows from how it has closed.
 */
function shownAs(status: JobStatus): VisibilityQuery {
  const recorded = visibility`${STATUS} = ${status}`;
  switch (status) {
    case 'replicated':
      return recorded;
    case 'canceled':
      return anyOf([recorded, allOf([CANCELED, NOT_ENDED])]);
    case 'error':
      return anyOf([recorded, allOf([CLOSED_OTHERWISE, NOT_ENDED])]);
    case 'replicate_requested':
      return allOf([OPEN, anyOf([recorded, NO_STATUS])]);
    default:
      return allOf([OPEN, recorded]);
  }
}
