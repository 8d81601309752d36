import { randomUUID } from 'node:crypto';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { isCancellable } from '../copy-job/index.ts';
import { GRPC_STATUS, grpcStatusOf, isWorkflowPaused } from '../temporal/index.ts';
import { JobError } from './errors.ts';
import { findJob, unavailable } from './find.ts';
import { lookUntil } from './look-until.ts';
import type { Caller, PauseRequest } from './service.ts';
import { resetIfUnreadable } from './unreadable.ts';
import { recordedView } from './view.ts';

/** How long a pause waits until no Workflow Task is pending; milliseconds. */
const PATIENCE = 3000;

/**
 * Pauses a job: its workflow and its current step. The step stops at its next heartbeat, keeps what it has
 * copied, and frees its slot. Does nothing to a job that is paused already.
 * @throws JobError `conflict` if the job has ended or is being cancelled, if no worker runs its workflow, or
 * if Temporal does not pause workflows in this namespace
 */
export async function pauseJob(
  client: Client,
  caller: Caller,
  jobId: string,
  { reason = '', requested_by }: PauseRequest,
): Promise<void> {
  const job = await withoutWorkflowTask(client, caller, jobId);
  const common = { ...commonOf(client, requested_by), reason };
  if (!isWorkflowPaused(job)) {
    const request = { ...common, workflowId: jobId, requestId: randomUUID() };
    await callIgnoringDone(() => client.workflowService.pauseWorkflowExecution(request));
  }
  const { raw } = await findJob(client, caller, jobId);
  for (const { activityId: id, paused } of raw.pendingActivities ?? []) {
    if (paused || !id) continue;
    const request = { ...common, execution: { workflowId: jobId }, id, requestId: randomUUID() };
    await callIgnoringDone(() => client.workflowService.pauseActivity(request));
  }
}

/**
 * Lets a paused job go on, whether its workflow, its current step or both are paused. Resets the workflow if
 * the pause has left a history that no worker can read. MAY be called for a job that is not paused.
 * @throws JobError
 */
export async function resumeJob(
  client: Client,
  caller: Caller,
  jobId: string,
  { reason = '', requested_by }: PauseRequest,
): Promise<void> {
  const job = await findJob(client, caller, jobId);
  const common = commonOf(client, requested_by);
  if (isWorkflowPaused(job)) {
    const request = { ...common, reason, workflowId: jobId, requestId: randomUUID() };
    await callIgnoringDone(() => client.workflowService.unpauseWorkflowExecution(request));
  }
  for (const { paused, activityId: id } of job.raw.pendingActivities ?? []) {
    if (!paused || !id) continue;
    const request = { ...common, execution: { workflowId: jobId }, id };
    await callIgnoringDone(() => client.workflowService.unpauseActivity(request));
  }
  if (job.closeTime === undefined)
    await callIgnoringDone(() => resetIfUnreadable(client, jobId, job.runId, requested_by));
}

/**
 * Waits until no Workflow Task of a job is pending, and returns the job. The SDK (1.24) cannot replay a
 * workflow that was paused while such a task was pending. Throws `conflict` if the job cannot be paused, or
 * if the Workflow Task does not end in time.
 */
async function withoutWorkflowTask(
  client: Client,
  caller: Caller,
  jobId: string,
): Promise<WorkflowExecutionDescription> {
  const find = async () => {
    const job = await findJob(client, caller, jobId);
    const { status } = recordedView(job);
    if (!isCancellable(status)) throw new JobError('conflict', `the job is ${status}: it cannot be paused`);
    return job;
  };
  const isIdle = (job: WorkflowExecutionDescription) => !job.raw.pendingWorkflowTask || isWorkflowPaused(job);
  const job = await lookUntil(find, isIdle, PATIENCE);
  if (isIdle(job)) return job;
  const message = 'the job waits for a worker that runs its workflow: it cannot be paused now';
  throw new JobError('conflict', message);
}

function commonOf(client: Client, requestedBy: string) {
  return { namespace: client.options.namespace, identity: requestedBy };
}

/**
 * Makes a call to Temporal. Ignores two errors: the step has ended meanwhile, and somebody else has made the
 * same change.
 */
async function callIgnoringDone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    const status = grpcStatusOf(error);
    const { notFound, failedPrecondition, unimplemented } = GRPC_STATUS;
    if (status === notFound || status === failedPrecondition) return;
    if (status !== unimplemented) throw unavailable(error);
    const message =
      'Temporal does not allow jobs to be paused; its operator can switch on frontend.WorkflowPauseEnabled';
    throw new JobError('conflict', message, { cause: error });
  }
}
