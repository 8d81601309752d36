import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Limits, Regions } from '../config/index.ts';
import {
  COPY_IMAGE,
  type CopyPlan,
  type CopyRequest,
  fairnessKeyOf,
  JOB_MEMO,
  REQUEST_HASH_MEMO,
  REQUEST_ID_MEMO,
  requestedDetails,
  requestedSearchAttributes,
  TASK_QUEUE,
} from '../copy-job/index.ts';
import { InvalidRequest, planCopy } from '../copy-job/plan.ts';
import type { ImageRecord } from '../image/index.ts';
import { LimitReached, type Quota } from '../quota/index.ts';
import { outsideTemporalDeadline, requestId } from '../temporal/index.ts';
import { labelOf } from '../text/index.ts';
import type { Deletions } from './delete.ts';
import { JobError } from './errors.ts';
import { describeJobIfThere, unavailable } from './find.ts';
import { inspectForCaller } from './inspect-for-caller.ts';
import { jobsOf } from './list.ts';
import { type Caller, OPERATOR, type StartOptions } from './service.ts';

/** Everything that the start of a job needs. */
export interface StartContext {
  readonly client: Client;
  readonly regions: Regions;
  readonly limits: Limits;
  /** Limits the work that a tenant may have running. By default, there is no limit. */
  readonly quota?: Quota;
  readonly deletions: Deletions;
}

/** A job that is about to start. */
interface NewJob {
  readonly id: string;
  readonly request: Omit<CopyRequest, 'objects'>;
  /** The SHA-256 of the request, in hexadecimal. */
  readonly hash: string;
  readonly plan: CopyPlan;
  readonly image: ImageRecord;
}

/**
 * How long a start is tried again if Temporal refuses the id of a deleted job; milliseconds. For a while,
 * Temporal no longer shows the deleted job, but still refuses a new job with the same id.
 */
const MAX_DISAPPEARING = 5000;
/** The time between two tries; milliseconds. */
const INTERVAL = 100;

/**
 * Starts a job, or finds the job that an earlier request with the same idempotency key has started. If this
 * process is deleting that job, waits until it is gone, and starts another one.
 * @throws JobError
 */
export async function startJob(
  context: StartContext,
  caller: Caller,
  request: Omit<CopyRequest, 'objects'>,
  options: StartOptions,
): Promise<{ job_id: string }> {
  const { client, regions } = context;
  const hash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  const id = jobIdFor(caller, request, options);
  const deletion = context.deletions.get(id);
  // If the deletion fails, only the caller that has asked for it gets the error.
  if (deletion !== undefined) await outsideTemporalDeadline(deletion.catch(() => undefined));
  if (options.idempotency_key !== undefined && (await wasStarted(client, id, hash))) return { job_id: id };
  const plan = planOrRefuse(context, request, id);
  const image = await inspectForCaller(regions, plan, options.credential);
  const start = () => startWithinQuota(context, caller, { id, request, hash, plan, image });
  await startUnlessThere(start, () => wasStarted(client, id, hash));
  return { job_id: id };
}

/** Starts the workflow of a job. Throws LimitReached if a tenant may not start one more. */
function startWithinQuota({ client, quota }: StartContext, caller: Caller, job: NewJob): Promise<unknown> {
  const start = () => startWorkflow(client, caller, job);
  if (caller === OPERATOR || quota === undefined) return start();
  return quota.within(caller.tenant_id, jobsOf(caller.tenant_id), job.image.size, start);
}

function startWorkflow(client: Client, caller: Caller, job: NewJob): Promise<unknown> {
  const { id, request, hash, plan, image } = job;
  const { source, destination } = plan;
  const request_id = requestId();
  return client.workflow.start(COPY_IMAGE, {
    workflowId: id,
    taskQueue: TASK_QUEUE,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    ...(caller !== OPERATOR && { priority: { fairnessKey: fairnessKeyOf(caller.tenant_id) } }),
    args: [{ ...request, destination: { ...request.destination, image_id: destination.image_id } }],
    memo: {
      [JOB_MEMO]: {
        ...requestedDetails(id, plan, new Date()),
        source_image_name: image.name,
        image_size: image.size,
      },
      [REQUEST_HASH_MEMO]: hash,
      ...(request_id !== null && { [REQUEST_ID_MEMO]: request_id }),
    },
    typedSearchAttributes: new TypedSearchAttributes(requestedSearchAttributes(plan)),
    staticSummary: `${labelOf(image.name ?? image.id)} · ${source.region} → ${destination.region}`,
  });
}

/** Starts a job if it does not exist yet. Returns when the job exists. */
async function startUnlessThere(
  start: () => Promise<unknown>,
  isThere: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + MAX_DISAPPEARING;
  for (;;) {
    try {
      await start();
      return;
    } catch (error) {
      if (error instanceof LimitReached) throw new JobError('quota_exceeded', error.message);
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unavailable(error);
      if (await isThere()) return;
      if (Date.now() >= deadline) throw unavailable(error);
    }
    await sleep(INTERVAL);
  }
}

/**
 * Returns the id of the job, which is also the first image id of the copy. It is derived from the idempotency
 * key, or random if there is no key.
 */
function jobIdFor(caller: Caller, { destination }: CopyRequest, options: StartOptions): string {
  if (options.idempotency_key === undefined) return randomUUID();
  const tenant = caller === OPERATOR ? null : caller.tenant_id;
  const scope = [tenant, options.dialect, options.idempotency_key, destination.region];
  const hex = createHash('sha256').update(JSON.stringify(scope)).digest('hex');
  // In a version 8 UUID, all bits but those of the version and the variant are free (RFC 9562, section 5.8).
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

async function wasStarted(client: Client, jobId: string, hash: string): Promise<boolean> {
  const description = await describeJobIfThere(client, jobId);
  if (description === undefined) return false;
  if (description.memo?.[REQUEST_HASH_MEMO] === hash) return true;
  throw new JobError('key_reused', 'this idempotency key has already been used with another request');
}

function planOrRefuse({ regions, limits }: StartContext, request: CopyRequest, jobId: string): CopyPlan {
  try {
    return planCopy(request, { regions, limits }, jobId);
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    throw new JobError('invalid', error.message, { field: error.field });
  }
}
