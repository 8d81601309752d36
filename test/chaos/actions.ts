import { until } from '../support/until.ts';
import type { Stage } from './trial.ts';

/**
 * Cancels the job as an operator does. Returns true if the cancel was accepted. The trial then expects that
 * the cancel wins.
 */
export async function cancel(stage: Stage, ...more: string[]): Promise<boolean> {
  const { code, stderr } = await stage.deployment.command('cancel', stage.jobId, ...more);
  if (code === 0) stage.cancelAccepted = true;
  // Exit code 5 says that the cancel comes too late.
  else if (code !== 5) throw new Error(`cancel: ${code} ${stderr}`);
  return code === 0;
}

/**
 * Terminates the job. The job then counts as `error`, whatever it was doing. Even a cancel that was accepted
 * is not carried out any more.
 */
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
 * Waits until no Workflow Task waits for a worker, and then pauses the job. If a Workflow Task waits during
 * the pause, Temporal's server (1.32) records a task that failed before it started, and its SDK (1.24) can no
 * longer read the history.
 */
export async function pause({ deployment, jobId }: Stage): Promise<void> {
  const handle = deployment.client.workflow.getHandle(jobId);
  await until(async () => !(await handle.describe()).raw.pendingWorkflowTask);
  await deployment.temporal('workflow', 'pause', '-w', jobId, '--reason', 'chaos');
}

export async function unpause({ deployment, jobId }: Stage): Promise<void> {
  await deployment.temporal('workflow', 'unpause', '-w', jobId, '--reason', 'chaos');
}
