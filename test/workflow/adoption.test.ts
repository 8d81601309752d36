import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { type ActivityHook, type Gate, gate } from '../support/workflow-hooks.ts';
import { pendingTransfer, readLog } from '../support/workflow-progress.ts';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';

const SIZE = 40 * MIB;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { heartbeat_timeout: '5s' } });
});
afterAll(() => rig?.stop());

/**
 * Returns a hook that drops the first attempt's heartbeats while the gate is closed, as an outage of Temporal
 * would.
 */
function withoutHeartbeats(away: Gate): { hook: ActivityHook; ends: string[] } {
  const ends: string[] = [];
  const hook: ActivityHook = async (call, name) => {
    const context = Context.current();
    if (name !== 'transferImage') return call();
    if (context.info.attempt === 1) {
      const { heartbeat } = context;
      let silent = true;
      away.pass().then(() => {
        silent = false;
      });
      Object.assign(context, { heartbeat: (details: unknown) => silent || heartbeat.call(context, details) });
    }
    return call().finally(() => {
      const { notFound, timedOut } = context.cancellationDetails ?? {};
      ends.push(`${context.info.attempt}${notFound || timedOut ? ' superseded' : ''}`);
    });
  };
  return { hook, ends };
}

test('a transfer whose attempt was given up is taken over by the next attempt, and no byte is read twice', async () => {
  const held = gate();
  const away = gate();
  const log = readLog((_reader, chunks, signal) => (chunks >= 10 ? held.pass(signal) : undefined));
  const { hook, ends } = withoutHeartbeats(away);
  const job = await rig.startJob({ size: SIZE, source: log.hooks, activities: hook });
  await held.reached;
  await until(async () => (await pendingTransfer(job)).attempt >= 2);
  // The attempt that takes over the transfer reports its progress, although it has not started the transfer.
  await until(async () => (await pendingTransfer(job)).reported === 10 * MIB);
  away.open();
  await until(() => ends.includes('1 superseded'));
  held.open();

  expect((await endOf(job)).details).toMatchObject({ status: 'replicated', sha512: job.image.os_hash_value });
  expect(log.readers.length).toBe(1);
  expect(log.bytes()).toBe(SIZE);
  expect(ends).toContain('1 superseded');
});

test('a job that is cancelled after its transfer was taken over leaves nothing', async () => {
  const held = gate();
  const away = gate();
  const log = readLog((_reader, chunks, signal) => (chunks >= 10 ? held.pass(signal) : undefined));
  const { hook } = withoutHeartbeats(away);
  const job = await rig.startJob({ size: SIZE, source: log.hooks, activities: hook });
  await held.reached;
  await until(async () => (await pendingTransfer(job)).reported === 10 * MIB);
  await job.handle.signal('cancel');
  away.open();
  const { closed, details } = await endOf(job);
  expect({ closed, status: details.status }).toEqual({ closed: 'CANCELLED', status: 'canceled' });
  expect(await rig.traces(job)).toEqual([]);
});
