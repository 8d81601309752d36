/** Tests the order of copies if a worker has a single slot for transfers, which take seconds. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { endOf } from '../support/jobs.ts';
import { until } from '../support/until.ts';

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

let deployment: Deployment;
let images: { readonly a: string; readonly b: string };
beforeEach(async () => {
  deployment = await deploy({ limits: { concurrent_activities: 1, lanes: 1 } });
  await Promise.all([deployment.startSlowWorker(300), deployment.startApi()]);
  const [a, b] = await Promise.all(
    ['tenant-a', 'tenant-b'].map((owner) => deployment.addImage('ot1', 12 * MIB, { owner })),
  );
  images = { a: a?.id ?? '', b: b?.id ?? '' };
});
afterEach(() => deployment?.stop());

const start = (tenant: 'a' | 'b') =>
  eclClient(deployment, deployment.tokens[tenant]).start({
    image_id: images[tenant],
    tenant_id_dst: `tenant-${tenant}`,
  });
const many = (count: number) => Promise.all(Array.from({ length: count }, () => start('a')));

/** Waits until all jobs of tenant-a are inspected and reserved. Only one transfer is made at a time. */
const untilQueued = (count: number) =>
  until(async () => {
    const views = await eclClient(deployment).jobs();
    if (views.length < count) return false;
    return views.every(({ phase, status }) => phase === 'transfer' || status === 'replicated');
  });

/** Counts the other jobs whose transfers began while that of this job waited. */
async function overtakersOf(jobId: string): Promise<number> {
  const { workflow } = deployment.client;
  const { scheduled, started } = await transferOf(jobId);
  let count = 0;
  for await (const other of workflow.list({ query: `WorkflowType = 'copyImage'` })) {
    if (other.workflowId === jobId) continue;
    const transfer = await transferOf(other.workflowId);
    if (transfer.started > scheduled && transfer.started < started) count += 1;
  }
  return count;
}

/**
 * Returns the times at which a job's transfer was scheduled and started. A time is infinite if the event has
 * not happened.
 */
async function transferOf(jobId: string) {
  const { events } = await deployment.client.workflow.getHandle(jobId).fetchHistory();
  const scheduled = events?.find(
    ({ activityTaskScheduledEventAttributes: task }) => task?.activityType?.name === 'transferImage',
  );
  const started = events?.find(({ activityTaskStartedEventAttributes: task }) =>
    task?.scheduledEventId?.eq(scheduled?.eventId ?? -1),
  );
  return { scheduled: timeOf(scheduled), started: timeOf(started) };
}

/** Returns the time of an event; milliseconds since the epoch. */
const timeOf = (event: Event | undefined) =>
  event?.eventTime
    ? Number(event.eventTime.seconds) * 1e3 + Number(event.eventTime.nanos) / 1e6
    : Number.POSITIVE_INFINITY;

test('a tenant with many jobs delays a job of another tenant by at most one transfer', async () => {
  await many(8);
  // All eight jobs are inspected and reserved, although one of them has the only slot.
  await untilQueued(8);
  const other = await start('b');
  expect((await endOf(deployment, other)).status).toBe('replicated');
  expect(await overtakersOf(other)).toBeLessThanOrEqual(1);
});

test.each(['--priority-key=1', '--fairness-key=others'])(
  "a job that was started with Temporal's %s overtakes others",
  async (key) => {
    await many(5);
    await untilQueued(5);
    const input = { source: { region: 'ot1', image_id: images.b }, destination: { region: 'ot2' } };
    const started = ['--type', 'copyImage', '--task-queue', 'image-copy', '--workflow-id', 'urgent'];
    await deployment.temporal('workflow', 'start', ...started, key, '--input', JSON.stringify(input));
    expect((await endOf(deployment, 'urgent')).status).toBe('replicated');
    // With a fairness key, one of the others may come first.
    expect(await overtakersOf('urgent')).toBeLessThanOrEqual(key.startsWith('--priority') ? 0 : 1);
  },
);
