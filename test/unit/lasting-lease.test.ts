import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lastingLease } from '../../activities/lease.ts';
import type { Confirm } from '../../src/stores/index.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

/** Runs `use` in an attempt whose lease asks `answer` for each confirmation. */
function inAttempt(answer: () => Promise<void>, use: (confirm: Confirm) => Promise<void>) {
  const client = { activity: { heartbeat: answer } } as unknown as Client;
  const attempt = new MockActivityEnvironment({ heartbeatTimeoutMs: 30_000 });
  return attempt.run(() => use(lastingLease(client, () => null)));
}

test('one question is enough for all confirmations within five seconds', async () => {
  const asked = vi.fn(async () => {});
  await inAttempt(asked, async (confirm) => {
    await Promise.all([confirm(), confirm()]);
    vi.advanceTimersByTime(4999);
    await confirm();
    expect(asked).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2);
    await confirm();
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

test('a process that was frozen while it waited for the answer asks again', async () => {
  const asked = vi.fn(async () => {});
  asked.mockImplementationOnce(async () => void vi.advanceTimersByTime(60_000));
  await inAttempt(asked, (confirm) => confirm());
  expect(asked).toHaveBeenCalledTimes(2);
});

test('a lease that was lost while the process was frozen is noticed at the next change', async () => {
  const asked = vi.fn(async () => {});
  await inAttempt(asked, async (confirm) => {
    await confirm();
    asked.mockRejectedValue(new ActivityNotFoundError('gone'));
    vi.advanceTimersByTime(60_000);
    await expect(confirm()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('an answer that is older than the caller accepts does not count, and waiting calls share the next one', async () => {
  const asked = vi.fn(async () => {});
  await inAttempt(asked, async (confirm) => {
    await confirm();
    vi.advanceTimersByTime(10);
    const since = performance.now();
    vi.advanceTimersByTime(10);
    await Promise.all([confirm(since), confirm(since - 1), confirm(since + 1)]);
    await confirm(since);
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

test('calls that come while a question is under way wait for the next question, and share it', async () => {
  const first = Promise.withResolvers<void>();
  const asked = vi.fn(async () => {});
  asked.mockReturnValueOnce(first.promise);
  await inAttempt(asked, async (confirm) => {
    const early = confirm();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    vi.advanceTimersByTime(10);
    const late = [confirm(performance.now()), confirm(performance.now())];
    first.resolve();
    await Promise.all([early, ...late]);
    expect(asked).toHaveBeenCalledTimes(2);
  });
});
