import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CancelRecord, JobPhase } from '../../src/copy-job/index.ts';
import { type Gate, gate, holding, holdingTransfer } from '../support/workflow-hooks.ts';
import { detailsOf, endOf, type Job, type JobOptions, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

const PHASES: [JobPhase, JobPhase | 'the end of the commit', (at: Gate) => JobOptions][] = [
  ['inspect', 'inspect', (at) => ({ source: holding('inspect', at) })],
  ['prepare', 'prepare', (at) => ({ destination: holding('prepare', at) })],
  ['transfer', 'transfer', (at) => ({ source: holdingTransfer(at, 1) })],
  ['commit', 'commit', (at) => ({ destination: holding('commit', at) })],
  ['commit', 'the end of the commit', (at) => ({ destination: holding('commit', at, 'after') })],
];

const WAYS: [string, (job: Job) => Promise<unknown>, Partial<CancelRecord>][] = [
  [
    'a signal with who and why',
    ({ handle }) => handle.signal('cancel', { reason: 'not needed', requested_by: 'alice' }),
    { via: 'signal', reason: 'not needed', requested_by: 'alice' },
  ],
  [
    'a signal with a mere string',
    ({ handle }) => handle.signal('cancel', 'not needed'),
    { via: 'signal', reason: 'not needed', requested_by: null },
  ],
  [
    'a signal without an argument',
    ({ handle }) => handle.signal('cancel'),
    { via: 'signal', reason: null, requested_by: null },
  ],
  [
    'an update',
    ({ handle }) => handle.executeUpdate('requestCancel', { args: [{ reason: 'not needed' }] }),
    { via: 'update', reason: 'not needed', requested_by: null },
  ],
  [
    'a native cancellation',
    ({ handle }) => handle.cancel(),
    { via: 'native', reason: null, requested_by: null },
  ],
];

const cases = PHASES.flatMap(([phase, place, hooks]) =>
  WAYS.map(([way, cancel, record]) => ({ phase, place, hooks, way, cancel, record })),
);

test.each(cases)('$way during $place ends as canceled, and leaves nothing', async (each) => {
  const at = gate();
  const job = await rig.startJob(each.hooks(at));
  await at.reached;
  await expect.poll(async () => (await detailsOf(job)).phase).toBe(each.phase);
  await each.cancel(job);
  // A transfer stops by itself. The test has to let every other step end.
  if (each.phase !== 'transfer') {
    await expect.poll(async () => (await detailsOf(job)).status).toBe('cancel_requested');
    at.open();
  }

  const { closed, status, details } = await endOf(job);
  expect({ closed, status }).toEqual({ closed: 'CANCELLED', status: 'canceled' });
  expect(details).toMatchObject({
    status: 'canceled',
    phase: null,
    fault: null,
    destination_image_id: null,
    cancel: each.record,
  });
  expect(details.copy_progress).toBeLessThan(100);
  expect(Date.parse(details.cancel?.requested_at ?? '')).toBeGreaterThan(Date.parse(details.created_at) - 1);
  expect(await rig.traces(job)).toEqual([]);
});

test('a cancel tells a slow commit to stop', async () => {
  const at = gate();
  const job = await rig.startJob({ destination: { commit: (_call, watch) => at.pass(watch?.signal) } });
  await at.reached;
  await job.handle.signal('cancel');
  expect((await endOf(job)).details).toMatchObject({ status: 'canceled', fault: null });
  expect(await rig.traces(job)).toEqual([]);
});
