import { expect, onTestFinished, test, vi } from 'vitest';
import type { Region } from '../../src/config/index.ts';
import type { CopyPlan } from '../../src/copy-job/index.ts';
import { inspectForCaller } from '../../src/job-service/inspect-for-caller.ts';
import type { ImageStore } from '../../src/stores/index.ts';

const PLAN = { source: { region: 'ot1' }, destination: { region: 'ot2' } } as CopyPlan;

test('a caller waits no longer than 10 s for a cloud that does not say whether it serves the caller', async () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const store = { serves: () => new Promise(() => {}) } as unknown as ImageStore;
  const regions = new Map(['ot1', 'ot2'].map((name) => [name, { name, store } as Region]));
  const inspected = inspectForCaller(regions, PLAN, { token: 'a-token', catalog: [] });
  const expectation = expect(inspected).rejects.toMatchObject({
    code: 'unavailable',
    message: 'region ot1: it has not answered for 10 s',
  });
  await vi.advanceTimersByTimeAsync(10_000);
  await expectation;
});
