import { ApplicationFailure } from '@temporalio/common';
import { StoreError } from '../../src/stores/index.ts';
import { presentAttempt } from '../support/workflow-attempts.ts';
import { type ActivityHook, type StoreHooks, watchReader } from '../support/workflow-hooks.ts';
import type { Case, Place } from './interleavings-case.ts';

/** Follows a job on its way through its steps. */
export interface Wayside {
  /** Called at each place to which an attempt comes. If it throws, the step fails. */
  meet(place: Place): Promise<void>;
  attemptBegins(): void;
  commitBegins(): void;
  /** Records work that has to end before the job is judged. */
  track<T>(work: Promise<T>): Promise<T>;
}

/** Returns hooks that report every place to which the attempts of a job come. */
export function hooksAlong(wayside: Wayside, { badRemovals }: Case) {
  const meet = (place: Place) => wayside.meet(place);
  const around = async <T>(name: 'inspect' | 'prepare' | 'commit' | 'discard', call: () => Promise<T>) => {
    await meet(`before ${name}`);
    const result = await call();
    await meet(`after ${name}`);
    return result;
  };
  let failures = 0;
  const failRemoval = (when: 'before' | 'after') => {
    if (badRemovals.when !== when || failures >= badRemovals.times) return;
    failures += 1;
    throw new StoreError('unavailable', 'the removal fails on purpose');
  };
  const source: StoreHooks = {
    inspect: (call) => around('inspect', call),
    openReader: async (call) => {
      let chunks = 0;
      return watchReader(await call(), async () => {
        await presentAttempt().whenThawed();
        if (chunks++ > 0) await meet('in mid-transfer');
      });
    },
  };
  const destination: StoreHooks = {
    prepare: (call) => around('prepare', call),
    openSink: async (call) => {
      await meet('before transfer');
      return call();
    },
    commit: (call) =>
      around('commit', () => {
        wayside.commitBegins();
        return call();
      }),
    // The clean-up after a cancel by force is another workflow, which the hooks of the job's activities do
    // not see. So each discard is tracked here.
    discard: (call) =>
      wayside.track(
        around('discard', async () => {
          failRemoval('before');
          await call();
          failRemoval('after');
        }),
      ),
  };
  return { source, destination, activities: hookSteps(wayside) };
}

function hookSteps(wayside: Wayside): ActivityHook {
  const step = async (call: () => Promise<unknown>, name: string) => {
    if (name === 'closeAsCanceled') await wayside.meet('before close');
    const result = await call();
    if (name === 'closeAsCanceled') await wayside.meet('after close');
    if (name === 'transferImage') await wayside.meet('after transfer');
    return result;
  };
  return (call, name) => {
    if (name === 'planCopy' || name === 'bytesSoFar') return call();
    const attempt = presentAttempt();
    wayside.attemptBegins();
    const report = async () => {
      try {
        return await step(call, name);
      } catch (error) {
        throw error instanceof StoreError ? failureOf(error) : error;
      } finally {
        // A frozen attempt reports its end only once it is thawed.
        await attempt.whenThawed();
      }
    };
    return wayside.track(report());
  };
}

/**
 * Returns the error as a failure of Temporal. Errors that are thrown outside of a step's own code have to be
 * failures.
 */
function failureOf({ code, message, retryable }: StoreError): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: !retryable });
}
