import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { asideOfTemporal, forRequest, retries } from '../../src/temporal/request-scope.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const client = { withAbortSignal: (_signal: AbortSignal, work: () => unknown) => work() } as Client;

/** Takes so many milliseconds of the test's clock. */
function sleep<T>(milliseconds: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, value));
}

/** Makes a call to Temporal that goes nowhere, and returns how long it may take from now on; milliseconds. */
function patienceOfCall(): number {
  let deadline = Number.NaN;
  const call = (options: { readonly deadline?: Date | number }): never => {
    deadline = Number(options.deadline);
    throw new Error('the call goes nowhere');
  };
  expect(() => retries({} as never, call as never)).toThrow('goes nowhere');
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

test('the time in which a request waits for a store does not count', async () => {
  await forRequest(client, new AbortController().signal, async () => {
    const stores = ['one', 'other'].map((name) => asideOfTemporal(sleep(9000, name)));
    await vi.advanceTimersByTimeAsync(9000);
    expect(await Promise.all(stores)).toEqual(['one', 'other']);
    expect(patienceOfCall()).toBe(4000);
    vi.advanceTimersByTime(9000);
    expect(patienceOfCall()).toBe(1000);
  });
});

test('a call that no request makes has the time that its caller gives it', () => {
  expect(patienceOfCall()).toBeNaN();
});

test('no call is made for a request for which nobody waits any more', async () => {
  const life = new AbortController();
  await forRequest(client, life.signal, async () => {
    life.abort();
    expect(() => retries({} as never, (() => expect.unreachable()) as never)).toThrow('nobody waits');
  });
});

test('the calls of a request end with its signal', async () => {
  const { signal } = new AbortController();
  const withAbortSignal = vi.fn((_signal: AbortSignal, work: () => Promise<string>) => work());
  const bound = { withAbortSignal } as unknown as Client;
  expect(await forRequest(bound, signal, async () => 'done')).toBe('done');
  expect(withAbortSignal).toHaveBeenCalledWith(signal, expect.any(Function));
});
