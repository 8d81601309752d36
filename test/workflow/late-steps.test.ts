/**
 * Tests attempts that are frozen, that Temporal gives up, and that wake after the end of their job. There is
 * a case for every step and every way in which a job can end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import { MIB } from '../support/deployment.ts';
import { startTemporalServer, type TemporalServer } from '../support/temporal-server.ts';
import { type Rig, startRig } from '../support/workflow-rig.ts';
import type { Standing } from '../support/workflow-standing.ts';
import { ENDINGS, type LateCase, STEPS, wakeLate } from './late-rig.ts';

/** The number of jobs that run at the same time. */
const AT_ONCE = 16;

const CASES: readonly LateCase[] = STEPS.flatMap((step) =>
  ENDINGS.flatMap((ending) => (['before', 'after'] as const).map((when) => ({ step, when, ending }))),
);

/** Returns the status with which the job has to end, and whether its image has to exist then. */
function endOfCase({ step, ending }: LateCase): { status: string; isThere: boolean } {
  // The commit of a terminated job is not undone, because somebody may use the image already.
  if (ending === 'terminated') return { status: ending, isThere: step === 'commitImage' };
  if (ending === 'canceled' || ending === 'forced') return { status: 'canceled', isThere: false };
  // A job that discards has failed already. Only a reset to its first Workflow Task can make an image again.
  const fails =
    step === 'discardImage' && ending !== 'replicated' && ending !== 'reset to its first Workflow Task';
  if (ending === 'failed' || fails) return { status: 'error', isThere: false };
  return { status: 'replicated', isThere: true };
}

let folder: string;
let server: TemporalServer;
let rig: Rig;
let image: ImageRecord;
let all: Promise<unknown>;
const ends = new Map<LateCase, PromiseWithResolvers<{ before: Standing; after: Standing }>>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-late-'));
  const pausing = ['frontend.WorkflowPauseEnabled=true'];
  server = await startTemporalServer(inject('temporalProgram'), join(folder, 'temporal.db'), pausing);
  rig = await startRig({ address: server.address, apart: true, limits: { heartbeat_timeout: '2s' } });
  image = await rig.deployment.addImage('ot1', 2 * MIB);
  for (const late of CASES) {
    const end = Promise.withResolvers<{ before: Standing; after: Standing }>();
    end.promise.catch(() => {});
    ends.set(late, end);
  }
  const run = (late: LateCase) =>
    wakeLate(rig, image, late).then(ends.get(late)?.resolve, ends.get(late)?.reject);
  all = pMap(CASES, run, { concurrency: AT_ONCE });
});
afterAll(async () => {
  await all;
  // The server is stopped even if the workers do not stop in time.
  try {
    await rig?.stop();
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test.each(CASES)(
  'an attempt of $step that is frozen $when its effect, and wakes when the job is $ending, changes nothing',
  async (late) => {
    const end = await ends.get(late)?.promise;
    const { status, isThere } = endOfCase(late);
    expect(end?.after).toEqual({
      status,
      folders: isThere ? [expect.any(String)] : [],
      image: isThere ? { sha512: image.os_hash_value, inode: expect.any(Number) } : null,
    });
    // After a termination or a pause, leftovers may still be removed, and an attempt may still run.
    if (late.ending !== 'terminated' && late.ending !== 'paused') expect(end?.after).toEqual(end?.before);
  },
);
