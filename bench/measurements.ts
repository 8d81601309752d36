import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OPERATOR } from '../src/job-service/index.ts';
import { createDigestPool } from '../src/transfer/index.ts';
import { until } from '../test/support/until.ts';
import { runEngine } from './engine.ts';
import { noop } from './noop.ts';
import { NOOP_QUEUE, type Stack } from './stack.ts';
import { timed } from './statistics.ts';

/**
 * Returns the milliseconds from the start of a copy job to its close. Then removes the copy, which is not
 * measured.
 */
export async function wholeJob({ deployment, jobs }: Stack, imageId: string): Promise<number> {
  sync();
  let jobId = '';
  const time = await timed(async () => {
    jobId = await start({ deployment, jobs }, imageId);
    await deployment.client.workflow.getHandle(jobId).result();
  });
  await rm(join(deployment.folder, 'ot2', jobId), { recursive: true });
  return time;
}

/** Returns the milliseconds of a copy between the stores of the job without Temporal. */
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
 * Returns the milliseconds of a workflow with one activity that does nothing, on the workflow's or another
 * Task Queue.
 */
export async function bareWorkflow({ deployment }: Stack, activityTaskQueue?: string): Promise<number> {
  const args: [string?] = activityTaskQueue === undefined ? [] : [activityTaskQueue];
  const options = { workflowId: randomUUID(), taskQueue: NOOP_QUEUE, args };
  return timed(() => deployment.client.workflow.execute(noop, options));
}

/**
 * Returns the milliseconds from the call that cancels a running copy until the job is closed and nothing is
 * left of it.
 */
export async function cancelRunning({ deployment, jobs }: Stack, imageId: string): Promise<number> {
  const jobId = await start({ deployment, jobs }, imageId);
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
export async function historyEvents({ deployment, jobs }: Stack, imageId: string): Promise<number> {
  const jobId = await start({ deployment, jobs }, imageId);
  const handle = deployment.client.workflow.getHandle(jobId);
  await handle.result();
  await rm(join(deployment.folder, 'ot2', jobId), { recursive: true });
  return (await handle.describe()).historyLength;
}

async function start({ jobs }: Pick<Stack, 'jobs' | 'deployment'>, imageId: string): Promise<string> {
  const request = { source: { region: 'ot1', image_id: imageId }, destination: { region: 'ot2' } };
  return (await jobs.start(OPERATOR, request, { dialect: 'bench' })).job_id;
}

function sync(): void {
  execFileSync('sync');
}
