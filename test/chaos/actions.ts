import { until } from '../support/until.ts';
import type { Stage } from './trial.ts';

/** Cancels the job as an operator does; an accepted cancel has to win. */
export async function cancel(stage: Stage, ...more: string[]): Promise<boolean> {
  const { code, stderr } = await stage.deployment.command('cancel', stage.jobId, ...more);
  if (code === 0) stage.cancelAccepted = true;
  // 5: it comes too late.
  else if (code !== 5) throw new Error(`cancel: ${code} ${stderr}`);
  return code === 0;
}

/** Ends the job as `error`, wherever it stands: a cancel that was accepted has nobody to go on with it. */
export async function terminate(stage: Stage): Promise<void> {
  await stage.deployment.temporal('workflow', 'terminate', '-w', stage.jobId, '--reason', 'chaos');
  stage.terminated = true;
}

export async function reset(
  { deployment, jobId }: Stage,
  type: 'FirstWorkflowTask' | 'LastWorkflowTask',
): Promise<void> {
  await deployment.temporal('workflow', 'reset', '-w', jobId, '--type', type, '--reason', 'chaos');
}

/**
 * Pauses a job; not while a Workflow Task waits for a worker. Temporal's server (1.32) then records that it
 * has failed before it was started, and its SDK (1.24) cannot read such a history any more.
 */
export async function pause({ deployment, jobId }: Stage): Promise<void> {
  const handle = deployment.client.workflow.getHandle(jobId);
  await until(async () => !(await handle.describe()).raw.pendingWorkflowTask);
  await deployment.temporal('workflow', 'pause', '-w', jobId, '--reason', 'chaos');
}

export async function unpause({ deployment, jobId }: Stage): Promise<void> {
  await deployment.temporal('workflow', 'unpause', '-w', jobId, '--reason', 'chaos');
}
