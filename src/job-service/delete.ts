import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { CLEAN_UP, COPY_IMAGE, isFinal } from '../copy-job/index.ts';
import {
  allOf,
  countWorkflows,
  GRPC_STATUS,
  grpcStatusOf,
  listWorkflows,
  OPEN,
  visibility,
} from '../temporal/index.ts';
import { JobError } from './errors.ts';
import { describeJob, findJob, unavailable } from './find.ts';
import type { Caller } from './service.ts';
import { recordedView } from './view.ts';

/** How long a deletion waits for a job that has its last status to be closed; milliseconds. */
const MAX_CLOSING = 3000;
/**
 * How long a deletion waits until Temporal no longer shows the job, so that a request with the same
 * idempotency key makes another one; milliseconds.
 */
const MAX_SHOWN = 6000;
/** How often it looks; milliseconds. */
const INTERVAL = 100;

/**
 * Deletes the record of a job that has ended, with every run that a reset has made of it. The image stays.
 * Temporal may show the job for some seconds more.
 * @throws JobError `conflict` if the job goes on, or the clean-up after a cancel by force does
 */
export async function deleteJob(client: Client, caller: Caller, jobId: string): Promise<void> {
  let job = await findJob(client, caller, jobId);
  const { status } = recordedView(job);
  // A job has its last status a moment before its workflow closes.
  const closes = Date.now() + MAX_CLOSING;
  for (; isFinal(status) && job.closeTime === undefined && Date.now() < closes; await sleep(INTERVAL))
    job = await findJob(client, caller, jobId);
  if (job.closeTime === undefined)
    throw new JobError('conflict', `the job is ${status}: it cannot be deleted before it has ended`);
  const ofJob = [visibility`WorkflowType = ${COPY_IMAGE}`, visibility`WorkflowId = ${jobId}`];
  const ofCleanUp = [visibility`WorkflowType = ${CLEAN_UP}`, visibility`ParentWorkflowId = ${jobId}`, OPEN];
  try {
    if ((await countWorkflows(client, allOf(ofCleanUp))) > 0)
      throw new JobError('conflict', 'what is left of the job is still being removed');
    const runs = new Set([job.runId]);
    for await (const { runId, closeTime } of listWorkflows(client, allOf(ofJob)))
      if (closeTime !== undefined) runs.add(runId);
    for (const runId of runs) await deleteRun(client, jobId, runId);
  } catch (error) {
    throw error instanceof JobError ? error : unavailable(error);
  }
  for (const deadline = Date.now() + MAX_SHOWN; Date.now() < deadline; await sleep(INTERVAL))
    if ((await describeJob(client, jobId)) === undefined) return;
}

async function deleteRun(client: Client, workflowId: string, runId: string): Promise<void> {
  const { namespace } = client.options;
  const workflowExecution = { workflowId, runId };
  try {
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
  } catch (error) {
    if (grpcStatusOf(error) !== GRPC_STATUS.notFound) throw error;
  }
}
