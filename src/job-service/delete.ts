import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { CLEAN_UP, COPY_IMAGE, cleanUpIdOf, isFinal } from '../copy-job/index.ts';
import {
  allOf,
  countWorkflows,
  deleteRun,
  describeIfThere,
  listWorkflows,
  OPEN,
  visibility,
} from '../temporal/index.ts';
import { JobError } from './errors.ts';
import { describeJobIfThere, findJob, unavailable } from './find.ts';
import { lookUntil } from './look-until.ts';
import type { Caller } from './service.ts';
import { recordedView } from './view.ts';

/** How long a deletion waits for the workflow of a job with a final status to close; milliseconds. */
const MAX_CLOSING = 3000;
/**
 * How long a deletion waits until Temporal no longer shows the job; milliseconds. Until then, a request with
 * the same idempotency key would find the deleted job.
 */
const MAX_SHOWN = 6000;

/** The deletions that are running in this process, by the ids of their jobs. */
export type Deletions = Map<string, Promise<void>>;

/**
 * Deletes the record of a job that has ended, including all its runs. The image stays. Waits until Temporal
 * no longer shows the job, but at most six seconds.
 * @throws JobError `conflict` if the job has not ended, or if the clean-up after a cancel by force is still
 * running
 */
export async function deleteJob(
  client: Client,
  deletions: Deletions,
  caller: Caller,
  jobId: string,
): Promise<void> {
  // A job has its final status a moment before its workflow closes.
  const job = await lookUntil(
    () => findJob(client, caller, jobId),
    (found) => found.closeTime !== undefined || !isFinal(recordedView(found).status),
    MAX_CLOSING,
  );
  const { status } = recordedView(job);
  if (job.closeTime === undefined)
    throw new JobError('conflict', `the job is ${status}: it cannot be deleted before it has ended`);
  const deletion = deleteRuns(client, job);
  deletions.set(jobId, deletion);
  try {
    await deletion;
  } finally {
    if (deletions.get(jobId) === deletion) deletions.delete(jobId);
  }
}

async function deleteRuns(client: Client, job: WorkflowExecutionDescription): Promise<void> {
  const jobId = job.workflowId;
  const ofJob = [visibility`WorkflowType = ${COPY_IMAGE}`, visibility`WorkflowId = ${jobId}`];
  try {
    if (await isCleaningUp(client, job))
      throw new JobError('conflict', 'what is left of the job is still being removed');
    const runs = new Set([job.runId]);
    for await (const { runId, closeTime } of listWorkflows(client, allOf(ofJob)))
      if (closeTime !== undefined) runs.add(runId);
    for (const runId of runs) await deleteRun(client, { workflowId: jobId, runId });
  } catch (error) {
    throw error instanceof JobError ? error : unavailable(error);
  }
  await lookUntil(
    () => describeJobIfThere(client, jobId),
    (found) => found === undefined,
    MAX_SHOWN,
  );
}

/**
 * Tells whether a clean-up after a cancel by force still runs. A clean-up needs the job's record to know
 * whether it may remove a finished image. Temporal's list lags behind, and may lack the clean-up of the last
 * run. So that clean-up is looked up as well, under both ids that it can have.
 */
async function isCleaningUp(
  client: Client,
  { workflowId, runId, raw }: WorkflowExecutionDescription,
): Promise<boolean> {
  for (const run of new Set([raw.workflowExecutionInfo?.firstRunId || runId, runId])) {
    const cleanUp = await describeIfThere(client, CLEAN_UP, cleanUpIdOf(workflowId, run));
    if (cleanUp !== undefined && cleanUp.closeTime === undefined) return true;
  }
  const ofJob = [visibility`WorkflowType = ${CLEAN_UP}`, visibility`ParentWorkflowId = ${workflowId}`, OPEN];
  return (await countWorkflows(client, allOf(ofJob))) > 0;
}
