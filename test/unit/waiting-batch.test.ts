import type { Client } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import type { Dependencies } from '../../activities/dependencies.ts';
import { moveSmallObjects } from '../../activities/move-small-objects.ts';
import { type BatchProgress, NOTHING_MOVED, type TaskPlan } from '../../src/object-task/index.ts';
import { type ObjectStore, StoreError } from '../../src/stores/index.ts';
import type { Links } from '../../src/transfer/index.ts';
import { testLinks } from '../support/link.ts';
import { until } from '../support/until.ts';

const GIVE_UP_AFTER = 2500;
const PLAN = {
  source: { region: 'bucket', prefix: '' },
  destination: { region: 'nas', prefix: '' },
} as unknown as TaskPlan;
const SCOPE = { after: null, up_to: 'a', except: [] };

/**
 * Starts an attempt at a batch of one object. An earlier attempt has moved nothing.
 * @param faulty the call that fails, with a fault that may pass
 */
function startAttempt(links: Links, faulty: 'read' | 'write') {
  const fail = async () => {
    throw new StoreError('unavailable', 'no answer');
  };
  const objects = {
    async *list() {
      yield { path: 'a', size: 1000 };
    },
    read: async () => ({ size: 1000, attributes: {} }),
    write: async () => {},
    loses: () => false,
    flush: async () => {},
    [faulty]: fail,
  } as unknown as ObjectStore;
  const regions = new Map(['bucket', 'nas'].map((name) => [name, { name, store: { objects } }]));
  const limits = { giveUpAfter: GIVE_UP_AFTER };
  const deps = { regions, limits, links, client: {} as Client } as unknown as Dependencies;
  const began = Date.now();
  const environment = new MockActivityEnvironment({
    heartbeatDetails: { ...NOTHING_MOVED, after: null, moved_at: began },
    currentAttemptScheduledTimestampMs: began,
  });
  const last: { progress?: BatchProgress } = {};
  environment.on('heartbeat', (progress: BatchProgress) => {
    last.progress = progress;
  });
  const failure = environment
    .run(() => moveSmallObjects(deps, PLAN, SCOPE))
    .then(
      () => {
        throw new Error('the batch has come to its end');
      },
      (error) => error as ApplicationFailure,
    );
  const noted = () => (last.progress?.moved_at ?? 0) - began;
  return { failure, untilWaitedTooLong: () => until(() => noted() > GIVE_UP_AFTER, 10_000) };
}

test('a batch that has waited long for memory is not given up at its first passing fault', async () => {
  const links = testLinks();
  const all = { least: links.memory.limit, wanted: links.memory.limit };
  const taken = await links.memory.take(all, new AbortController().signal, () => {});
  const { failure, untilWaitedTooLong } = startAttempt(links, 'read');
  await untilWaitedTooLong();
  await taken.close();
  expect(await failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
});

test('a batch that has waited long for a limit of bandwidth is not given up at its first passing fault', async () => {
  let rate: number | null = 1;
  const links = testLinks({ rates: () => [{ name: 'all', rate: () => rate }] });
  const { bandwidth } = links.open({ from: undefined, to: undefined, regions: [] });
  expect(bandwidth.pass(1000, new AbortController().signal)).toBeUndefined();
  const { failure, untilWaitedTooLong } = startAttempt(links, 'write');
  await untilWaitedTooLong();
  rate = null;
  expect(await failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
});
