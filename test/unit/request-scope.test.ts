import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forRequest, outsideTemporalDeadline, retryInterceptor } from '../../src/temporal/request-scope.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const client = { withAbortSignal: (_signal: AbortSignal, work: () => unknown) => work() } as Client;

/** Waits for some milliseconds of the test's clock, and returns the value. */
function sleep<T>(milliseconds: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, value));
}

/** Makes a call to Temporal that goes nowhere. Returns how many milliseconds the call might have taken. */
function patienceOfCall(): number {
  let deadline = Number.NaN;
  const call = (options: { readonly deadline?: Date | number }): never => {
    deadline = Number(options.deadline);
    throw new Error('the call goes nowhere');
  };
  expect(() => retryInterceptor({} as never, call as never)).toThrow('goes nowhere');
  return deadline - Date.now();
}

test('each call of a request has 4 s, and all of them together have 10 s', async () => {
  await forRequest(client, new AbortController().signal, async () => {
    expect(patienceOfCall()).toBe(4000);
    vi.advanceTimersByTime(5000);
    expect(patienceOfCall()).toBe(4000);
    vi.advanceTimersByTime(4000);
    expect(patienceOfCall()).toBe(1000);
    vi.advanceTimersByTime(3000);
    expect(patienceOfCall()).toBeLessThanOrEqual(0);
  });
});

test("the time in which a request waits for a store does not count against Temporal's 10 s", async () => {
  await forRequest(client, new AbortController().signal, async () => {
    const stores = ['one', 'other'].map((name) => outsideTemporalDeadline(sleep(9000, name)));
    await vi.advanceTimersByTimeAsync(9000);
    expect(await Promise.all(stores)).toEqual(['one', 'other']);
    expect(patienceOfCall()).toBe(4000);
    vi.advanceTimersByTime(9000);
    expect(patienceOfCall()).toBe(1000);
  });
});

test('a call outside of a request has no deadline of its own', () => {
  expect(patienceOfCall()).toBeNaN();
});

test('no call is made for a request whose client has gone', async () => {
  const life = new AbortController();
  await forRequest(client, life.signal, async () => {
    life.abort();
    expect(() => retryInterceptor({} as never, (() => expect.unreachable()) as never)).toThrow(
      'nobody waits',
    );
  });
});

test('the calls of a request end with its signal', async () => {
  const { signal } = new AbortController();
  const withAbortSignal = vi.fn((_signal: AbortSignal, work: () => Promise<string>) => work());
  const bound = { withAbortSignal } as unknown as Client;
  expect(await forRequest(bound, signal, async () => 'done')).toBe('done');
  expect(withAbortSignal).toHaveBeenCalledWith(signal, expect.any(Function));
});

/** The codes of two statuses of gRPC. */
const UNKNOWN = 2;
const UNAVAILABLE = 14;

interface Listener {
  onReceiveMessage(message: null): void;
  onReceiveStatus(status: object): void;
}

/**
 * Makes a call that always fails with this status, and lets some milliseconds pass. Returns how often it was
 * tried, or `null` if it is still being tried.
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
  const call = retryInterceptor({} as never, nextCall as never);
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

test('a call that fails is repeated within its 4 s, unless Temporal cannot read it', async () => {
  await forRequest(client, new AbortController().signal, async () => {
    expect(await triesOf(UNAVAILABLE, 4000)).toBeGreaterThan(2);
    expect(await triesOf(UNKNOWN, 0)).toBe(1);
  });
});

test('a call is not repeated when its client has gone', async () => {
  const life = new AbortController();
  await forRequest(client, life.signal, async () => {
    const tries = triesOf(UNAVAILABLE, 4000);
    life.abort();
    expect(await tries).toBeLessThanOrEqual(2);
  });
});
