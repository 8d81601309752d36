import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { watchedPut } from '../../src/transfer/watched-put.ts';

/** The longest time that a put may stand still; milliseconds. */
const STALL = 1000;
const BYTES = Buffer.from('block');
const never = new AbortController();

/** Makes a put that waits until it is aborted, and then fails with the signal's reason. */
function hanging(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

test('a put that moves nothing is ended, with the destination as the side at fault', async () => {
  const put = watchedPut({ put: (_range, _block, signal) => hanging(signal) }, 50, never.signal);
  await expect(put([0, 5], BYTES)).rejects.toMatchObject({ code: 'unavailable', side: 'destination' });
  expect(getEventListeners(never.signal, 'abort')).toEqual([]);
});

test('a put that makes progress may take long', async () => {
  const put = watchedPut(
    {
      async put(_range, _block, signal, onMoved) {
        for (let count = 0; count < 5; count += 1) {
          await sleep(STALL / 3);
          onMoved?.();
        }
        signal.throwIfAborted();
      },
    },
    STALL,
    never.signal,
  );
  await put([0, 5], BYTES);
});

test('after each stall, a block may stand still twice as long', async () => {
  const put = watchedPut({ put: (_range, _block, signal) => hanging(signal) }, 20, never.signal);
  const stalls = ['0.02', '0.04', '0.08'].map((time) => `the destination has taken nothing for ${time} s`);
  for (const message of stalls) await expect(put([0, 5], BYTES)).rejects.toThrow(message);
  await expect(put([5, 10], BYTES)).rejects.toThrow(stalls[0]);
});

test('a stop ends a put with the reason of the stop', async () => {
  const stop = new AbortController();
  const put = watchedPut({ put: (_range, _block, signal) => hanging(signal) }, 60_000, stop.signal);
  const putting = put([0, 5], BYTES);
  stop.abort(new Error('stopped'));
  await expect(putting).rejects.toThrow('stopped');
  await expect(put([0, 5], BYTES)).rejects.toThrow('stopped');
});
