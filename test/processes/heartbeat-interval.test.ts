/**
 * Tests how soon a cancel arrives, depending on `limits.heartbeat_interval` and on a server that pushes
 * cancels.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, inject, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { closedAs, showJob, startJob, untilWritten } from '../support/jobs.ts';
import { startTemporalServer, type TemporalServer } from '../support/temporal-server.ts';
import { until } from '../support/until.ts';

const SIZE = 64 * MIB;
/** The time that a slow worker takes to read a chunk; milliseconds. */
const READ = 500;

let server: TemporalServer | undefined;
let deployment: Deployment | undefined;
afterEach(async () => {
  await deployment?.stop();
  await server?.stop();
  server = undefined;
});

async function runningCopy(at: Deployment): Promise<string> {
  deployment = at;
  await at.startSlowWorker(READ);
  const { id } = await at.addImage('ot1', SIZE);
  const jobId = await startJob(at, id);
  await untilWritten(at, jobId, MIB);
  return jobId;
}

/** Cancels a job. Returns how many milliseconds it takes until its workflow has closed as cancelled. */
async function timeOfCancel(at: Deployment, jobId: string): Promise<number> {
  const began = Date.now();
  await at.command('cancel', jobId);
  await until(async () => (await closedAs(at, jobId)) === 'CANCELLED');
  return Date.now() - began;
}

test('a worker reports the progress of a copy as often as limits.heartbeat_interval says', async () => {
  const at = await deploy({ limits: { heartbeat_timeout: '30s', heartbeat_interval: '3s' } });
  const jobId = await runningCopy(at);
  const told = new Map<number, number>();
  const began = Date.now();
  await until(async () => {
    const { bytes_copied, status } = await showJob(at, jobId);
    if (!told.has(bytes_copied)) told.set(bytes_copied, Date.now());
    return status === 'replicated' || Date.now() - began > 10_000;
  });
  const [, ...times] = [...told.values()];
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(gaps.length).toBeGreaterThan(0);
  for (const gap of gaps.slice(0, -1)) expect(gap).toBeGreaterThan(2000);
  await at.command('cancel', jobId);
});

test('if the server sends commands to workers, a cancel arrives at once, however rare heartbeats are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-commands-'));
  try {
    server = await startTemporalServer(inject('temporalProgram'), join(folder, 'temporal.db'), [
      'frontend.WorkerCommandsEnabled=true',
      'system.enableCancelActivityWorkerCommand=true',
    ]);
    const limits = { heartbeat_timeout: '60s', heartbeat_interval: '20s' };
    const at = await deploy({ address: server.address, limits });
    const jobId = await runningCopy(at);
    expect(await timeOfCancel(at, jobId)).toBeLessThan(10_000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
