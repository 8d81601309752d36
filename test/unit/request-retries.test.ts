/** Tests how often a call to Temporal is repeated for a request that somebody waits for. */
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forRequest, retries } from '../../src/temporal/request-scope.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const client = { withAbortSignal: (_signal: AbortSignal, work: () => unknown) => work() } as Client;

const { UNKNOWN, UNAVAILABLE } = { UNKNOWN: 2, UNAVAILABLE: 14 };

interface Listener {
  onReceiveMessage(message: null): void;
  onReceiveStatus(status: object): void;
}

/**
 * Makes a call that always fails with this status. Returns how often it was tried; `null` while it goes on.
 */
async function triesOf(code: number, milliseconds: number): Promise<number | null> {
  let tries = 0;
  let isOver = false;
  const nextCall = () => ({
    start(_metadata: unknown, listener: Listener) {
      tries += 1;
      listener.onReceiveMessage(null);
      listener.onReceiveStatus({ code, details: '', metadata: {} });
    },
    sendMessageWithContext() {},
    sendMessage() {},
    halfClose() {},
    startRead() {},
  });
  const call = retries({} as never, nextCall as never);
  call.start({} as never, {
    onReceiveStatus: () => {
      isOver = true;
    },
  });
  call.sendMessage({});
  call.halfClose();
  await vi.advanceTimersByTimeAsync(milliseconds);
  return isOver ? tries : null;
}

test('a call that fails is repeated within its 4 s, but not if Temporal cannot read it', async () => {
  await forRequest(client, new AbortController().signal, async () => {
    expect(await triesOf(UNAVAILABLE, 4000)).toBeGreaterThan(2);
    expect(await triesOf(UNKNOWN, 0)).toBe(1);
  });
});

test('a call is not repeated when nobody waits any more', async () => {
  const life = new AbortController();
  await forRequest(client, life.signal, async () => {
    const tries = triesOf(UNAVAILABLE, 4000);
    life.abort();
    expect(await tries).toBeLessThanOrEqual(2);
  });
});
