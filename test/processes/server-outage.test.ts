import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { endOf, startJob, untilWritten } from '../support/jobs.ts';
import { startTemporalServer, type TemporalServer } from '../support/temporal-server.ts';

const SIZE = 256 * MIB;
/** The time of the outage, which is longer than the heartbeat timeout; milliseconds. */
const OUTAGE = 4000;

let folder: string;
let server: TemporalServer;
let deployment: Deployment;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-outage-'));
  server = await startTemporalServer(inject('temporalProgram'), join(folder, 'temporal.db'));
  deployment = await deploy({ address: server.address });
});
afterEach(async () => {
  await deployment.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a transfer goes on while the Temporal server is away, and no byte is read twice', async () => {
  const image = await deployment.addImage('ot1', SIZE);
  const worker = await deployment.startSlowWorker(300);
  const jobId = await startJob(deployment, image.id);
  await untilWritten(deployment, jobId, SIZE / 16);
  await server.restart(() => sleep(OUTAGE));
  expect(await endOf(deployment, jobId)).toMatchObject({ status: 'replicated', sha512: image.os_hash_value });
  expect(worker.logged('attempt ended').at(-1)?.read).toBe(SIZE);
});
