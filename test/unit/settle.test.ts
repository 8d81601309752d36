import { expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { type Run, type Started, settle } from '../../src/transfer/run.ts';
import type { Copied } from '../../src/transfer/verify.ts';
import { isPending } from './is-pending.ts';

const COPIED: Copied = { sha512: 'a', md5: null, verified_by: 'sha512' };
const MISMATCH = new StoreError('digest_mismatch', 'other bytes');

/**
 * Makes a run of two pieces of work that the test settles by hand. `calls` names everything that was called,
 * in order.
 */
function rig() {
  const calls: string[] = [];
  const [copied, lane] = [Promise.withResolvers<Copied>(), Promise.withResolvers<void>()];
  const ledger = new Ledger([], 0);
  const run: Run = { delivered: ledger, staged: ledger, stop: new AbortController(), onFault() {} };
  const digest = {
    update: async () => {},
    finish: async () => COPIED,
    drop: () => void calls.push('drop'),
  };
  const started: Started = {
    copied: copied.promise,
    others: [lane.promise],
    digest,
    forget: async () => void calls.push('forget'),
    close: () => void calls.push('close'),
  };
  const settled = settle(run, started);
  settled.catch(() => {});
  return { run, copied, lane, calls, settled };
}

test('a run that succeeds waits for everything that it has started, and then frees the memory', async () => {
  const { run, copied, lane, calls, settled } = rig();
  copied.resolve(COPIED);
  expect(await isPending(settled)).toBe(true);
  lane.resolve();
  expect(await settled).toBe(COPIED);
  expect([calls, run.stop.signal.aborted]).toEqual([['close'], false]);
});

test('the first error stops the rest, and the memory is freed once everything has settled', async () => {
  const { run, copied, lane, calls, settled } = rig();
  const error = new Error('a lane has failed');
  lane.reject(error);
  expect(await isPending(settled)).toBe(true);
  expect([run.stop.signal.reason, calls]).toEqual([error, []]);
  copied.reject(run.stop.signal.reason);
  await expect(settled).rejects.toBe(error);
  expect(calls).toEqual(['drop', 'close']);
});

test("bytes that differ from the source's are discarded once nothing writes any more", async () => {
  const { copied, lane, calls, settled } = rig();
  copied.reject(MISMATCH);
  expect(await isPending(settled)).toBe(true);
  expect(calls).toEqual([]);
  lane.resolve();
  await expect(settled).rejects.toBe(MISMATCH);
  expect(calls).toEqual(['drop', 'forget', 'close']);
});

test('a run that was stopped throws the reason for the stop, whatever happens to the rest', async () => {
  const { run, copied, lane, calls, settled } = rig();
  const reason = new Error('stopped');
  run.stop.abort(reason);
  copied.reject(new Error('aborted'));
  lane.reject(new Error('aborted too'));
  await expect(settled).rejects.toBe(reason);
  expect(calls).toEqual(['drop', 'close']);
});
