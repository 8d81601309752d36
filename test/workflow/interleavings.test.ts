/**
 * Tests jobs with random troubles. `INTERLEAVINGS_SEED` sets the seed. A failure prints the seed and the path
 * of its case. If `INTERLEAVINGS_PATH` is set too, only that case is run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, inject, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { createJobService, type JobService } from '../../src/job-service/index.ts';
import { startTemporalServer, type TemporalServer } from '../support/temporal-server.ts';
import { type Rig, startRig } from '../support/workflow-rig.ts';
import { cases } from './interleavings-case.ts';
import { goThrough } from './interleavings-run.ts';

const { INTERLEAVINGS_SEED, INTERLEAVINGS_PATH } = process.env;
const SEED = Number(INTERLEAVINGS_SEED ?? Date.now() % 2 ** 31);
/** The number of lanes that run at the same time, and the number of jobs in each lane. */
const LANES = INTERLEAVINGS_PATH === undefined ? 12 : 1;
const IN_A_ROW = 3;
/** The time after which no further case begins, so that a slow machine tries fewer cases; milliseconds. */
const MAX_TIME = 75_000;

let folder: string;
let server: TemporalServer;
let rig: Rig;
let jobs: JobService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-interleavings-'));
  const pausing = ['frontend.WorkflowPauseEnabled=true'];
  server = await startTemporalServer(inject('temporalProgram'), join(folder, 'temporal.db'), pausing);
  rig = await startRig({ address: server.address, apart: true, limits: { heartbeat_timeout: '2s' } });
  const { client, deployment } = rig;
  const { limits } = await loadConfig(join(deployment.folder, 'config.yaml'));
  jobs = createJobService({ client, regions: deployment.regions, limits });
});
const underWay = new Set<Promise<void>>();
afterAll(async () => {
  // Some cases may have run out of time.
  await Promise.allSettled(underWay);
  // The server is stopped even if the workers do not stop in time.
  try {
    await rig?.stop();
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test(`whatever happens to a job, its final status is true, and it leaves nothing but its image (seed ${SEED})`, async () => {
  const property = fc.asyncProperty(cases, (way) => {
    const going = goThrough(rig, jobs, way);
    underWay.add(going);
    return going;
  });
  const path = INTERLEAVINGS_PATH === undefined ? {} : { path: INTERLEAVINGS_PATH, endOnFailure: true };
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    fc.assert(property, {
      seed: SEED + lane,
      numRuns: IN_A_ROW,
      interruptAfterTimeLimit: MAX_TIME,
      ...path,
    }),
  );
  const ends = await Promise.allSettled(lanes);
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [report(end.reason)] : []));
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}, 180_000);

/**
 * Returns an error as a text. Its message names the seed and the case, and the message of its cause says what
 * went wrong.
 */
function report(error: Error): string {
  return `${error.message}\n${(error.cause as Error | undefined)?.message ?? ''}`;
}
