import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { COPY_IMAGE } from '../copy-job/index.ts';
import { JobError } from './errors.ts';
import { type Caller, type JobView, OPERATOR } from './service.ts';
import { recordedView } from './view.ts';

/**
 * The workflow of a job that the caller may see.
 * @throws JobError `not_found` for everything else: another type of workflow, another tenant's job
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

/** The same; `undefined` where there is none. */
export async function findJobIfThere(
  client: Client,
  caller: Caller,
  jobId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const description = await describeIfThere(client, jobId);
  if (description === undefined || description.type !== COPY_IMAGE) return undefined;
  return belongsTo(recordedView(description), caller) ? description : undefined;
}

/** A job is its source tenant's and its destination tenant's, and every operator's. */
export function belongsTo(job: JobView, caller: Caller): boolean {
  if (caller === OPERATOR) return true;
  return job.source_tenant_id === caller.tenant_id || job.destination_tenant_id === caller.tenant_id;
}

/** A workflow's description; `undefined` where there is no such workflow, or can be none. */
export async function describeIfThere(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  // Temporal would refuse the question itself.
  if (workflowId === '' || !workflowId.isWellFormed()) return undefined;
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw unavailable(error);
  }
}

function notFound(jobId: string): JobError {
  return new JobError('not_found', `there is no job ${jobId}`);
}

/** Temporal did not answer as it should. */
export function unavailable(cause: unknown): JobError {
  return new JobError('unavailable', 'the job service is not available at the moment; try again later', {
    cause,
  });
}
