/** Tests transfers whose job is terminated. Some hear of it at once, others only after they have ended. */
import { once } from 'node:events';
import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { presentAttempt } from '../support/workflow-attempts.ts';
import type { StoreHooks } from '../support/workflow-hooks.ts';
import { type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

/** The end of the copy that the transfer is opening when its job is terminated. */
const PLACES = ['destination', 'source'] as const;

test.each(PLACES.flatMap((place) => [true, false].map((hears) => ({ place, hears }))))(
  'a transfer whose job is terminated while it opens its $place leaves nothing (told at once: $hears)',
  async ({ place, hears }) => {
    const reached = Promise.withResolvers<void>();
    const terminated = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const opening = async <T>(call: () => Promise<T>): Promise<T> => {
      reached.resolve();
      await terminated.promise;
      const { cancellationSignal: signal } = Context.current();
      if (hears && !signal.aborted) await once(signal, 'abort');
      return call();
    };
    const hooks: StoreHooks = place === 'source' ? { openReader: opening } : { openSink: opening };
    const job = await rig.startJob({
      [place]: hooks,
      activities: async (call, name) => {
        if (name !== 'transferImage') return call();
        if (!hears) presentAttempt().freeze(ended.promise);
        return call().finally(ended.resolve);
      },
    });
    await reached.promise;
    expect(await rig.traces(job)).not.toEqual([]);
    await job.handle.terminate();
    terminated.resolve();
    await ended.promise;
    expect(await rig.traces(job)).toEqual([]);
  },
);
