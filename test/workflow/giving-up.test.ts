import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { type StoreHooks, watchReader } from '../support/workflow-hooks.ts';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';

const PATIENCE = 4000;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { give_up_after: `${PATIENCE}ms` } });
});
afterAll(() => rig?.stop());

test.each<[string, 'source' | 'destination']>([
  ['inspect', 'source'],
  ['prepare', 'destination'],
  ['openReader', 'source'],
  ['openSink', 'destination'],
  ['commit', 'destination'],
])('a lasting fault at %s is given up in time, and the job is undone', async (call, side) => {
  let attempts = 0;
  const hook = async () => {
    attempts += 1;
    throw new StoreError('unavailable', 'no answer');
  };
  const began = Date.now();
  const job = await rig.startJob({ [side]: { [call]: hook } as StoreHooks });
  const { closed, details } = await endOf(job);
  expect(closed).toBe('FAILED');
  expect(details).toMatchObject({ status: 'error', fault: { code: 'unavailable', side } });
  expect(details.fault?.message).toMatch(/given up after \d+ s: no answer/);
  expect(attempts).toBeGreaterThan(1);
  expect(Date.parse(details.updated_at) - began).toBeGreaterThanOrEqual(PATIENCE);
  expect(await rig.traces(job)).toEqual([]);
});

test('a commit that makes progress in each attempt is not given up', async () => {
  let failures = 3;
  const job = await rig.startJob({
    destination: {
      commit: async (call, watch) => {
        if (failures-- === 0) return call();
        watch?.moved();
        throw new StoreError('unavailable', 'no answer');
      },
    },
  });
  expect((await endOf(job)).details).toMatchObject({ status: 'replicated', fault: null });
});

test('a transfer whose source no longer answers is given up as stalled', async () => {
  const job = await rig.startJob({
    source: {
      openReader: async (call) =>
        watchReader(await call(), ([start]) => {
          if (start > 0) throw new StoreError('unavailable', 'no answer');
        }),
    },
  });
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'error', fault: { code: 'stalled', side: 'source' } });
  expect(await rig.traces(job)).toEqual([]);
});

test('a discard is never given up, and the job ends with its earlier fault', async () => {
  let left = 4;
  const began = Date.now();
  const job = await rig.startJob({
    destination: {
      commit: async () => {
        throw new StoreError('quota_exceeded', 'no room');
      },
      discard: async (call) => {
        if (left-- > 0 || Date.now() - began < 2 * PATIENCE) throw new StoreError('forbidden', 'not now');
        return call();
      },
    },
  });
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'error', fault: { code: 'quota_exceeded' } });
  expect(await rig.traces(job)).toEqual([]);
});
