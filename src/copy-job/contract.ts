import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from '@temporalio/common';
import type { CopyPlan } from './request.ts';

/**
 * The name of the workflow that copies an image. With this name and those below, any Temporal client can
 * start, inspect and cancel a copy.
 */
export const COPY_IMAGE = 'copyImage';
export const TASK_QUEUE = 'image-copy';
/** Name of the workflow that removes the leftovers of a job that was cancelled by force. */
export const CLEAN_UP = 'cleanUp';
export const CANCEL_SIGNAL = 'cancel';
export const REQUEST_CANCEL_UPDATE = 'requestCancel';
/** Name of the update and of the signal that limit the bandwidth of a job. */
export const LIMIT_BANDWIDTH = 'limitBandwidth';
export const JOB_DETAILS_QUERY = 'jobDetails';

/** Failure type of a `requestCancel` that comes too late. */
export const JOB_STATUS_CONFLICT = 'JobStatusConflict';
/** Failure type and fault code of a request that can never succeed. */
export const INVALID_REQUEST = 'invalid_request';

/** Memo key of the job's details. */
export const JOB_MEMO = 'job';
/** Memo key of the request's hash. It shows whether an idempotency key came again with another request. */
export const REQUEST_HASH_MEMO = 'request_hash';

const MAX_KEYWORD_LENGTH = 255;

/**
 * The search attributes of a copy. They are few, because Temporal on PostgreSQL has room for only ten
 * keywords of 255 characters in a namespace.
 */
export const searchAttributes = {
  status: defineSearchAttributeKey('CopyJobStatus', SearchAttributeType.KEYWORD),
  tenants: defineSearchAttributeKey('CopyTenants', SearchAttributeType.KEYWORD_LIST),
  sourceRegion: defineSearchAttributeKey('CopySourceRegion', SearchAttributeType.KEYWORD),
  sourceImage: defineSearchAttributeKey('CopySourceImageId', SearchAttributeType.KEYWORD),
  destinationRegion: defineSearchAttributeKey('CopyDestinationRegion', SearchAttributeType.KEYWORD),
  destinationImage: defineSearchAttributeKey('CopyDestinationImageId', SearchAttributeType.KEYWORD),
} as const;

/** Returns the default Task Queue of the transfers to a region. */
export function regionTaskQueue(region: string): string {
  return `${TASK_QUEUE}.${region}`;
}

/** Name and description of the metric that counts the jobs that have ended. */
export const JOBS_ENDED = ['image_replicator_jobs_ended', 'Jobs that have ended.'] as const;

/**
 * Returns the Task Queue of the short steps at a region's store, for which workers have separate slots. It
 * cannot be the default Task Queue of another region, because a region's name never contains a slash.
 */
export function shortTaskQueue(taskQueue: string): string {
  return `${taskQueue}/short`;
}

/** The longest fairness key that Temporal takes; bytes. */
const MAX_FAIRNESS_KEY = 64;

/**
 * Returns the fairness key of a tenant's workflows, by which Temporal divides a Task Queue among tenants.
 * Long ids are cut, so tenants whose long ids begin alike share a key.
 */
export function fairnessKeyOf(tenantId: string): string {
  return tenantKeyword(tenantId).slice(0, MAX_FAIRNESS_KEY);
}

/**
 * Returns a tenant's id as the value of a search attribute. Characters that have a special meaning in
 * Temporal's query language or in its databases are percent-encoded; ordinary ids stay unchanged.
 */
export function tenantKeyword(tenantId: string): string {
  return encodeURIComponent(tenantId.toWellFormed()).replaceAll("'", '%27');
}

/** Returns an id or a path, cut to the length that a search attribute may have. */
function shortened(id: string): string {
  return id.slice(0, MAX_KEYWORD_LENGTH).toWellFormed();
}

/**
 * Returns the workflow id of the clean-up of a job that was cancelled by force. The id of one of the job's
 * runs, usually of the first, makes the workflow id unique. The job's id is there only for people. It is cut,
 * because Temporal takes workflow ids of at most 1,000 bytes.
 */
export function cleanUpIdOf(jobId: string, runId: string): string {
  return `clean-up/${shortened(jobId)}/${runId}`;
}

/**
 * Returns the search attributes of a job's clean-up: the regions, the images and the tenants, without a
 * status.
 */
export function cleanUpSearchAttributes(plan: CopyPlan): SearchAttributePair[] {
  const { status } = searchAttributes;
  return requestedSearchAttributes(plan).filter(({ key }) => key.name !== status.name);
}

/** Returns the search attributes with which a job begins. */
export function requestedSearchAttributes(plan: CopyPlan): SearchAttributePair[] {
  const tenants = new Set([plan.source.tenant_id, plan.destination.tenant_id].filter((id) => id !== null));
  return [
    { key: searchAttributes.status, value: 'replicate_requested' },
    { key: searchAttributes.tenants, value: [...tenants].map(tenantKeyword) },
    { key: searchAttributes.sourceRegion, value: plan.source.region },
    { key: searchAttributes.sourceImage, value: shortened(plan.source.image_id) },
    { key: searchAttributes.destinationRegion, value: plan.destination.region },
    { key: searchAttributes.destinationImage, value: shortened(plan.destination.image_id) },
  ];
}
