import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { bytesWritten, endOf, startJob, untilWritten } from '../support/jobs.ts';
import { spawnProcess } from '../support/process.ts';

const SIZE = 128 * MIB;
const PART = 8 * MIB;
const LANES = 4;

let deployment: Deployment;
afterEach(() => deployment.stop());

/** Starts a copy, and ends its worker with a signal after `bytes` bytes. */
async function leftBy(signal: NodeJS.Signals, bytes: number) {
  const image = await deployment.addImage('ot1', SIZE);
  const first = await deployment.startSlowWorker(500);
  const jobId = await startJob(deployment, image.id);
  await untilWritten(deployment, jobId, bytes);
  await first.stop(signal);
  return { image, jobId, first };
}

describe('after a worker has died', () => {
  beforeEach(async () => {
    deployment = await deploy();
  });

  test('another worker goes on, and only the parts in flight are read again', async () => {
    const { image, jobId } = await leftBy('SIGKILL', SIZE / 3);
    const written = await bytesWritten(deployment, jobId);
    expect(written).toBeLessThan(SIZE);

    const second = await deployment.startWorker();
    expect(await endOf(deployment, jobId)).toMatchObject({
      status: 'replicated',
      sha512: image.os_hash_value,
    });
    const [attempt] = second.logged('attempt ended');
    const readTwice = written + Number(attempt?.read) - SIZE;
    expect(readTwice).toBeLessThanOrEqual(LANES * PART);
    expect(await deployment.files('ot2')).toEqual([jobId]);
  });

  test('an operator can reset the transfer that another worker has taken over, and it goes on', async () => {
    const { image, jobId } = await leftBy('SIGKILL', SIZE / 8);
    const written = await bytesWritten(deployment, jobId);
    const second = await deployment.startSlowWorker(500);
    await untilWritten(deployment, jobId, written + MIB);
    const { raw } = await deployment.client.workflow.getHandle(jobId).describe();
    const [transfer] = raw.pendingActivities ?? [];
    expect(transfer?.attempt).toBeGreaterThan(1);
    await deployment.temporal('activity', 'reset', '-w', jobId, '--activity-id', transfer?.activityId ?? '');
    expect(await endOf(deployment, jobId)).toMatchObject({
      status: 'replicated',
      sha512: image.os_hash_value,
    });
    expect(second.logged('attempt ended').length).toBeGreaterThan(1);
  });
});

test('a worker ends as a whole if one of its parts fails, and says why', async () => {
  deployment = await deploy();
  const failing = join(import.meta.dirname, '../support/failing-worker.ts');
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const worker = spawnProcess(process.execPath, ['--import', failing, main, 'worker'], deployment.env);
  expect(await worker.ended()).toBe(1);
  expect(worker.logged('the worker has failed')).toMatchObject([
    { err: { message: 'the workflow thread has ended' } },
  ]);
});

describe('after a worker was told to stop', () => {
  beforeEach(async () => {
    // A worker that stops reports that, so nobody waits for this timeout.
    deployment = await deploy({ limits: { heartbeat_timeout: '30s' } });
  });

  test('another worker goes on, and no byte is read again', async () => {
    const { image, jobId, first } = await leftBy('SIGTERM', SIZE / 3);
    expect(first.exitCode).toBe(0);

    const second = await deployment.startWorker();
    expect(await endOf(deployment, jobId)).toMatchObject({
      status: 'replicated',
      sha512: image.os_hash_value,
    });
    const [before] = first.logged('attempt ended');
    const [after] = second.logged('attempt ended');
    expect(Number(before?.read)).toBeGreaterThan(0);
    expect(Number(after?.read)).toBeGreaterThan(0);
    expect(Number(before?.read) + Number(after?.read)).toBe(SIZE);
  });

  test('the progress is still shown, and the next worker completes the copy', async () => {
    const { jobId } = await leftBy('SIGTERM', SIZE / 3);
    const between = JSON.parse((await deployment.command('--json', 'show', jobId)).stdout);
    expect(between).toMatchObject({ status: 'replicating', last_fault: { code: 'worker_lost' } });
    expect(between.copy_progress).toBeGreaterThan(25);
    await deployment.startWorker();
    expect(await endOf(deployment, jobId)).toMatchObject({ copy_progress: 100, bytes_copied: SIZE });
  });
});
