import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type JobService, OPERATOR } from '../../src/job-service/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import type { Deed } from './interleavings-case.ts';

/** How long a job is paused; milliseconds. */
const PAUSE = 700;

/** A cancel that the job has accepted and has to obey. */
export interface Accepted {
  readonly deed: Deed;
  readonly runId: string;
}

/** The clients through which operators and tenants reach a job. */
export interface Reach {
  readonly client: Client;
  readonly jobs: JobService;
  readonly workflowId: string;
}

/**
 * Performs a deed on a job. Throws if the deed is refused.
 *
 * @param runId the run that the deed is for; without it, the deed is for the last run
 * @returns the run that has accepted a cancel, if that is certain
 */
export async function perform(deed: Deed, reach: Reach, runId?: string): Promise<Accepted | undefined> {
  const { client, workflowId } = reach;
  if (deed === 'terminate') await client.workflow.getHandle(workflowId).terminate('on purpose');
  else if (deed === 'reset to the first Workflow Task') await resetWorkflow(client, workflowId, 'first');
  else if (deed === 'reset to the last Workflow Task') await resetWorkflow(client, workflowId, 'last');
  else if (deed === 'pause') await pause(reach);
  else return cancel(deed, reach, runId);
  return undefined;
}

/** Returns the error with which a step is made to fail. */
export function failureFor(deed: 'fail once' | 'fail for good'): StoreError {
  return new StoreError(deed === 'fail once' ? 'unavailable' : 'forbidden', 'the step fails on purpose');
}

async function cancel(deed: Deed, reach: Reach, runId?: string): Promise<Accepted | undefined> {
  const { client, jobs, workflowId } = reach;
  const force = deed.startsWith('force');
  const request = force ? ({ force } as const) : {};
  const handle = client.workflow.getHandle(workflowId, runId);
  if (deed.endsWith('job service')) {
    const before = await client.workflow.getHandle(workflowId).describe();
    await jobs.cancel(OPERATOR, workflowId, request);
    const after = await client.workflow.getHandle(workflowId).describe();
    return before.runId === after.runId ? { deed, runId: after.runId } : undefined;
  }
  if (deed.endsWith('update')) await handle.executeUpdate('requestCancel', { args: [request] });
  else if (deed.endsWith('signal')) await handle.signal('cancel', request);
  else await handle.cancel();
  return runId === undefined ? undefined : { deed, runId };
}

/** Pauses a job as the Web UI does, even while a Workflow Task waits for a worker. */
async function pause({ client, workflowId }: Reach): Promise<void> {
  const { namespace } = client.options;
  const request = { namespace, workflowId, requestId: randomUUID(), reason: 'on purpose' };
  await client.workflowService.pauseWorkflowExecution(request);
}

/** Resumes a paused job after a while. */
export async function resumeLater({ jobs, workflowId }: Reach): Promise<void> {
  await sleep(PAUSE);
  await jobs.resume(OPERATOR, workflowId, { requested_by: 'operator' });
}
