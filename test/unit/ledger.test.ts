import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Ledger } from '../../src/transfer/ledger.ts';

const never = new AbortController().signal;

test('inherited ranges count as present, but not as moved here', () => {
  const ledger = new Ledger([[0, 100]], 5);
  expect(ledger).toMatchObject({ bytes: 100, moved: 0, watermark: 100, movedAt: 5 });
  ledger.add([100, 150]);
  expect(ledger).toMatchObject({ bytes: 150, moved: 50, watermark: 150 });
  expect(ledger.movedAt).toBeGreaterThan(5);
});

test('a wait for the watermark ends when the watermark passes the offset, and not before', async () => {
  const ledger = new Ledger([], 0);
  let woken = false;
  const waiting = ledger.whenAbove(10, never).then(() => {
    woken = true;
  });
  ledger.add([11, 20]);
  ledger.add([0, 10]);
  await new Promise(setImmediate);
  expect(woken).toBe(false);
  ledger.add([10, 11]);
  await waiting;
  expect(ledger.watermark).toBe(20);
});

test('a wait for an offset below the watermark ends at once', async () => {
  await new Ledger([[0, 10]], 0).whenAbove(9, never);
});

test('an abort ends the wait', async () => {
  const abort = new AbortController();
  const waiting = new Ledger([], 0).whenAbove(0, abort.signal);
  abort.abort();
  await waiting;
});

test('many waits during a long copy leave no listener on the signal', async () => {
  const ledger = new Ledger([], 0);
  const { signal } = new AbortController();
  for (let at = 0; at < 100; at++) {
    const waiting = ledger.whenAbove(at, signal);
    ledger.add([at, at + 1]);
    await waiting;
  }
  expect(getEventListeners(signal, 'abort').length).toBeLessThan(5);
});
