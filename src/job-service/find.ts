import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { COPY_IMAGE } from '../copy-job/index.ts';
import { describeIfThere } from '../temporal/index.ts';
import { JobError } from './errors.ts';
import { type Caller, type JobView, OPERATOR } from './service.ts';
import { recordedView } from './view.ts';

/**
 * Returns the workflow of a job that the caller may see.
 * @throws JobError `not_found` if there is none, `unavailable`
 */
export async function findJob(
  client: Client,
  caller: Caller,
  jobId: string,
): Promise<WorkflowExecutionDescription> {
  const description = await findJobIfThere(client, caller, jobId);
  if (description === undefined) throw notFound(jobId);
  return description;
}

/**
 * Returns the workflow of a job that the caller may see; `undefined` if there is none.
 * @throws JobError `unavailable`
 */
export async function findJobIfThere(
  client: Client,
  caller: Caller,
  jobId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const description = await describeJobIfThere(client, jobId);
  if (description === undefined) return undefined;
  return belongsTo(recordedView(description), caller) ? description : undefined;
}

/** Tells whether a caller may see a job: the source tenant, the destination tenant and the operator may. */
export function belongsTo(job: JobView, caller: Caller): boolean {
  if (caller === OPERATOR) return true;
  return job.source_tenant_id === caller.tenant_id || job.destination_tenant_id === caller.tenant_id;
}

/**
 * Describes the workflow of a job, without checking whose job it is. Returns `undefined` if there is no such
 * job.
 * @throws JobError `unavailable`
 */
export async function describeJobIfThere(
  client: Client,
  jobId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  return describeIfThere(client, COPY_IMAGE, jobId).catch((error) => {
    throw unavailable(error);
  });
}

/** Returns the error for a job that does not exist, or that the caller may not see. */
export function notFound(jobId: string): JobError {
  return new JobError('not_found', `there is no job ${jobId}`);
}

/** Returns the error that a caller gets if a call to Temporal has failed. */
export function unavailable(cause: unknown): JobError {
  return new JobError('unavailable', 'the job service is not available at the moment; try again later', {
    cause,
  });
}
