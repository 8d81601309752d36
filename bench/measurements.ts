import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OPERATOR } from '../src/job-service/index.ts';
import { createDigestPool } from '../src/transfer/index.ts';
import { until } from '../test/support/until.ts';
import { copyByJob } from './copy-by-job.ts';
import { runEngine } from './engine.ts';
import { noop } from './noop.ts';
import { NOOP_QUEUE, type Stack } from './stack.ts';
import { timed } from './statistics.ts';

/** Returns the milliseconds from the start of a copy job to its close. Then removes the copy. */
export async function wholeJob({ deployment }: Stack, imageId: string): Promise<number> {
  sync();
  const { id, time } = await copyByJob(deployment, imageId, 'ot1', 'ot2');
  await rm(join(deployment.folder, 'ot2', id), { recursive: true });
  return time;
}

/** Returns the milliseconds of a copy without Temporal, between the same stores as in `wholeJob`. */
export async function engineAlone({ deployment }: Stack, imageId: string): Promise<number> {
  sync();
  const from = deployment.regions.get('ot1')?.store;
  const to = deployment.regions.get('ot2')?.store;
  if (from === undefined || to === undefined) throw new Error('no regions');
  return runEngine(from, to, imageId, createDigestPool(1));
}

/** Returns the milliseconds of a shell command that copies the image's file `$1` to `$2`. */
export async function shell({ deployment }: Stack, imageId: string, command: string): Promise<number> {
  sync();
  const copy = join(deployment.folder, 'ot2', '.peer');
  const data = join(deployment.folder, 'ot1', imageId, 'data');
  const time = await timed(async () => execFileSync('sh', ['-c', command, 'sh', data, copy]));
  await rm(copy);
  return time;
}

/**
 * Returns the milliseconds of a workflow with one activity that does nothing.
 * @param activityTaskQueue the Task Queue of the activity; by default, that of the workflow
 */
export async function bareWorkflow({ deployment }: Stack, activityTaskQueue?: string): Promise<number> {
  const args: [string?] = activityTaskQueue === undefined ? [] : [activityTaskQueue];
  const options = { workflowId: randomUUID(), taskQueue: NOOP_QUEUE, args };
  return timed(() => deployment.client.workflow.execute(noop, options));
}

/**
 * Cancels a running copy. Returns the milliseconds until the job is closed. Throws if the copy has left
 * files.
 */
export async function cancelRunning({ deployment, jobs }: Stack, imageId: string): Promise<number> {
  const request = { source: { region: 'ot1', image_id: imageId }, destination: { region: 'ot2' } };
  const { job_id: jobId } = await jobs.start(OPERATOR, request, { dialect: 'bench' });
  await until(async () => (await jobs.show(OPERATOR, jobId)).bytes_copied > 0);
  const time = await timed(async () => {
    await jobs.cancel(OPERATOR, jobId, { reason: 'benchmark' });
    await deployment.client.workflow
      .getHandle(jobId)
      .result()
      .catch(() => {});
  });
  const left = await deployment.files('ot2');
  if (left.length > 0) throw new Error(`a cancelled copy has left ${left.join(', ')}`);
  return time;
}

/** Returns the number of events in a copy's history. */
export async function historyEvents({ deployment }: Stack, imageId: string): Promise<number> {
  const { id } = await copyByJob(deployment, imageId, 'ot1', 'ot2');
  await rm(join(deployment.folder, 'ot2', id), { recursive: true });
  return (await deployment.client.workflow.getHandle(id).describe()).historyLength;
}

function sync(): void {
  execFileSync('sync');
}
