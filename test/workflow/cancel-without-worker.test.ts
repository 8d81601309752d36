import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate } from '../support/workflow-hooks.ts';
import { detailsOf, endOf, type Job, type Rig, startRig, untilDetails } from '../support/workflow-rig.ts';

const WAYS: [string, (job: Job) => Promise<unknown>, string][] = [
  ['signal', ({ handle }) => handle.signal('cancel', { reason: 'too slow' }), 'signal'],
  ['signal by force', ({ handle }) => handle.signal('cancel', { force: true }), 'signal'],
  ['native cancellation', ({ handle }) => handle.cancel(), 'native'],
];

/** Returns the types of the activities that were scheduled. */
async function scheduled({ handle }: Job): Promise<(string | null | undefined)[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: task }) =>
    task ? [task.activityType?.name] : [],
  );
}

test.each(WAYS)(
  'after a %s before any worker runs, the job is canceled without a step at a store',
  async (_way, cancel, via) => {
    const rig = await startRig({ workers: false });
    try {
      const job = await rig.startJob();
      await cancel(job);
      await Promise.all([rig.workers.startWorkflows(), rig.workers.startStores()]);
      const { closed, details, status } = await endOf(job);
      expect({ closed, status }).toEqual({ closed: 'CANCELLED', status: 'canceled' });
      expect(details).toMatchObject({ status: 'canceled', phase: null, cancel: { via } });
      expect(await detailsOf(job)).toEqual(details);
      expect(await scheduled(job)).not.toContain('inspectSource');
      expect(await scheduled(job)).not.toContain('discardImage');
      expect(await rig.traces(job)).toEqual([]);
    } finally {
      await rig.stop();
    }
  },
);

test.each(WAYS)(
  'after a %s while no worker serves the destination, the job is canceled at once',
  async (_way, cancel, via) => {
    const rig = await startRig({ workers: false });
    try {
      await rig.workers.startWorkflows();
      const job = await rig.startJob();
      await untilDetails(job, ({ phase }) => phase === 'inspect');
      await cancel(job);
      const { closed, details } = await endOf(job);
      expect(closed).toBe('CANCELLED');
      expect(details).toMatchObject({ status: 'canceled', cancel: { via } });
      expect(await scheduled(job)).not.toContain('discardImage');
    } finally {
      await rig.stop();
    }
  },
);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { heartbeat_timeout: '5s' } });
});
afterAll(() => rig?.stop());

test.each(['inspectSource', 'prepareDestination', 'transferImage', 'commitImage'])(
  'if the worker of %s has died, a cancel takes effect after the heartbeat timeout',
  async (step) => {
    const dead = gate();
    const job = await rig.startJob({
      activities: async (call, name) => {
        if (name !== step) return call();
        // Nothing more comes from this attempt: no heartbeat and no result.
        await dead.pass();
        throw new Error('dead');
      },
    });
    await dead.reached;
    await job.handle.signal('cancel', 'nothing happens');
    const { closed, details } = await endOf(job);
    expect(closed).toBe('CANCELLED');
    expect(details).toMatchObject({ status: 'canceled', fault: null, cancel: { reason: 'nothing happens' } });
    expect(await detailsOf(job)).toEqual(details);
    expect(await rig.traces(job)).toEqual([]);
    expect(await timeouts(job)).toContain(step);
  },
);

/** Returns the types of the activities that timed out. */
async function timeouts({ handle }: Job): Promise<(string | null | undefined)[]> {
  const { events = [] } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskTimedOutEventAttributes: timeout }) => {
    if (!timeout) return [];
    const task = events?.find(({ eventId }) => String(eventId) === String(timeout.scheduledEventId));
    return [task?.activityTaskScheduledEventAttributes?.activityType?.name];
  });
}
