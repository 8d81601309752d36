import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RunningTransfers } from '../../activities/running-transfers.ts';
import type { Copied, Transfer } from '../../src/transfer/index.ts';
import { newRef } from '../stores/store-under-test.ts';

const WAIT = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Makes a transfer that runs until the test ends it. */
function openTransfer() {
  const { promise: finished, resolve } = Promise.withResolvers<Copied>();
  const stop = vi.fn(async () => {});
  const end = () => resolve({ sha512: null, md5: null, verified_by: 'none' });
  return { transfer: { finished, stop } as unknown as Transfer, stop, end };
}

/** The attempts at one image. */
function attempts() {
  const running = new RunningTransfers();
  const ref = newRef();
  const attach = (transfer: Transfer): Promise<Transfer> =>
    new MockActivityEnvironment().run<[], Transfer, () => Promise<Transfer>>(() =>
      running.attach(ref, async () => transfer),
    );
  return { running, attach };
}

test('a transfer that no attempt uses for a while is stopped', async () => {
  const { running, attach } = attempts();
  const { transfer, stop } = openTransfer();
  running.leave(await attach(transfer), WAIT);
  await vi.advanceTimersByTimeAsync(WAIT - 1);
  expect(stop).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(stop).toHaveBeenCalledOnce();
});

test('a transfer that the next attempt adopts goes on', async () => {
  const { running, attach } = attempts();
  const { transfer, stop } = openTransfer();
  running.leave(await attach(transfer), WAIT);
  expect(await attach(openTransfer().transfer)).toBe(transfer);
  await vi.advanceTimersByTimeAsync(2 * WAIT);
  expect(stop).not.toHaveBeenCalled();
});

test('an attempt whose own transfer has ended does not stop the transfer of the next attempt', async () => {
  const { running, attach } = attempts();
  const [first, second] = [openTransfer(), openTransfer()];
  await attach(first.transfer);
  first.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(await attach(second.transfer)).toBe(second.transfer);
  running.leave(first.transfer, WAIT);
  await vi.advanceTimersByTimeAsync(2 * WAIT);
  expect(second.stop).not.toHaveBeenCalled();
});
