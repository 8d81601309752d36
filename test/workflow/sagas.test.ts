import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { type ActivityHook, gate, holdingTransfer } from '../support/workflow-hooks.ts';
import { endOf, type Job, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

const STEPS = ['planCopy', 'inspectSource', 'prepareDestination', 'transferImage', 'commitImage'] as const;

/**
 * Returns a hook that loses the answer of the first success of each activity, so that the activity is
 * repeated.
 */
function everythingTwice(): { hook: ActivityHook; repeated: string[] } {
  const done = new Set<string>();
  const repeated: string[] = [];
  const hook: ActivityHook = async (call, name) => {
    const result = await call();
    if (done.has(name)) {
      repeated.push(name);
      return result;
    }
    done.add(name);
    throw ApplicationFailure.retryable('the answer was lost');
  };
  return { hook, repeated };
}

async function sha512Of({ copyId }: Job): Promise<string> {
  const data = await readFile(join(rig.deployment.folder, 'ot2', copyId, 'data'));
  return createHash('sha512').update(data).digest('hex');
}

test('a job in which every activity is repeated ends as replicated, with exactly its bytes', async () => {
  const { hook, repeated } = everythingTwice();
  const job = await rig.startJob({ size: 20 * MIB + 7, activities: hook });
  expect((await endOf(job)).details).toMatchObject({ status: 'replicated', sha512: job.image.os_hash_value });
  expect(repeated).toEqual(STEPS);
  expect(await sha512Of(job)).toBe(job.image.os_hash_value);
  expect(await rig.traces(job)).toEqual([job.copyId]);
});

test('a cancelled job in which every activity is repeated leaves nothing', async () => {
  const { hook, repeated } = everythingTwice();
  const at = gate();
  const job = await rig.startJob({ activities: hook, source: holdingTransfer(at, 1) });
  await at.reached;
  await job.handle.signal('cancel');
  const { closed, details } = await endOf(job);
  expect({ closed, status: details.status }).toEqual({ closed: 'CANCELLED', status: 'canceled' });
  expect(repeated).toEqual([
    'planCopy',
    'inspectSource',
    'prepareDestination',
    'discardImage',
    'closeAsCanceled',
  ]);
  expect(await rig.traces(job)).toEqual([]);
});

test.each(
  STEPS.flatMap((step) => [
    { step, when: 'before' },
    { step, when: 'after' },
  ]),
)('a failure of $step $when its effect leaves a clean destination', async ({ step, when }) => {
  const job = await rig.startJob({
    activities: async (call, name) => {
      if (name !== step) return call();
      if (when === 'after') await call();
      throw ApplicationFailure.nonRetryable('failed on purpose', 'on_purpose');
    },
  });
  const { closed, details, failure } = await endOf(job);
  const fault = { code: 'internal', side: null, message: 'failed on purpose' };
  expect(closed).toBe('FAILED');
  expect(failure).toMatchObject({ type: 'internal', details: [fault] });
  expect(details).toMatchObject({ status: 'error', phase: null, destination_image_id: null, fault });
  expect(await rig.traces(job)).toEqual([]);
});

test('a failed job that is started again makes the image with the same id', async () => {
  let failing = true;
  const activities: ActivityHook = async (call, name) => {
    if (failing && name === 'commitImage') throw ApplicationFailure.nonRetryable('failed on purpose');
    return call();
  };
  const job = await rig.startJob({ activities });
  expect((await endOf(job)).status).toBe('error');
  failing = false;
  const again = await rig.startWith(
    {
      source: { region: 'ot1', image_id: job.image.id },
      destination: { region: 'ot2', image_id: job.copyId },
    },
    job.handle.workflowId,
  );
  expect((await endOf({ handle: again })).status).toBe('replicated');
  expect(await rig.traces(job)).toEqual([job.copyId]);
});
