import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isFinal } from '../../src/copy-job/index.ts';
import type { JobView } from '../../src/job-service/index.ts';
import type { Deployment } from './deployment.ts';
import { until } from './until.ts';

/** Starts a job with the command, and returns its id. */
export async function startJob(deployment: Deployment, imageId: string): Promise<string> {
  const { stdout, stderr } = await deployment.command(
    'copy',
    imageId,
    '--from',
    'ot1',
    '--to',
    'ot2',
    '--detach',
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout).job_id;
}

export async function showJob(deployment: Deployment, jobId: string): Promise<JobView> {
  const { stdout, stderr } = await deployment.command('--json', 'show', jobId);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

/**
 * Waits for the end of a job, and returns its last view. Asks only Temporal while the workflow runs: starting
 * the command for each look would keep a core busy.
 */
export async function endOf(deployment: Deployment, jobId: string): Promise<JobView> {
  return until(
    async () => {
      if ((await closedAs(deployment, jobId)) === 'RUNNING') return undefined;
      const job = await showJob(deployment, jobId);
      return isFinal(job.status) ? job : undefined;
    },
    undefined,
    100,
  );
}

/** Returns how many bytes of an unfinished copy are on the disk. */
export async function bytesWritten(deployment: Deployment, jobId: string): Promise<number> {
  const data = join(deployment.folder, 'ot2', `.${jobId}.partial`, 'data');
  return stat(data).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  );
}

/** Waits until at least `bytes` bytes of a copy are on the disk. */
export async function untilWritten(deployment: Deployment, jobId: string, bytes: number): Promise<void> {
  await until(async () => (await bytesWritten(deployment, jobId)) >= bytes);
}

/** Returns the status that Temporal gives a job's workflow, such as `RUNNING` or `COMPLETED`. */
export async function closedAs(deployment: Deployment, jobId: string): Promise<string> {
  return (await deployment.client.workflow.getHandle(jobId).describe()).status.name;
}
