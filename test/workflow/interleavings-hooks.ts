import { ApplicationFailure } from '@temporalio/common';
import { StoreError } from '../../src/stores/index.ts';
import { presentAttempt } from '../support/workflow-attempts.ts';
import { type ActivityHook, type StoreHooks, watchReader } from '../support/workflow-hooks.ts';
import type { Case, Place } from './interleavings-case.ts';

/** Follows a job through its steps. */
export interface Follower {
  /** Called whenever an attempt comes to a place. If it throws, the step fails. */
  meet(place: Place): Promise<void>;
  attemptBegins(): void;
  commitBegins(): void;
  /** Records work that has to end before the job is judged. */
  track<T>(work: Promise<T>): Promise<T>;
}

/** Returns hooks that report every place to which the attempts of a job come. */
export function hooksAlong(follower: Follower, { badRemovals }: Case) {
  const meet = (place: Place) => follower.meet(place);
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
        const isFirst = chunks++ === 0;
        if (!isFirst) await meet('in mid-transfer');
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
        follower.commitBegins();
        return call();
      }),
    // The clean-up after a cancel by force is another workflow, which the hooks of the job's activities do
    // not see. So each discard is tracked here.
    discard: (call) =>
      follower.track(
        around('discard', async () => {
          failRemoval('before');
          await call();
          failRemoval('after');
        }),
      ),
  };
  return { source, destination, activities: hookSteps(follower) };
}

function hookSteps(follower: Follower): ActivityHook {
  const step = async (call: () => Promise<unknown>, name: string) => {
    if (name === 'closeAsCanceled') await follower.meet('before close');
    const result = await call();
    if (name === 'closeAsCanceled') await follower.meet('after close');
    if (name === 'transferImage') await follower.meet('after transfer');
    return result;
  };
  return (call, name) => {
    // No place belongs to these two.
    if (name === 'planCopy' || name === 'bytesSoFar') return call();
    const attempt = presentAttempt();
    follower.attemptBegins();
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
    return follower.track(report());
  };
}

/**
 * Returns the error as a failure of Temporal. A step turns its own errors into failures, but it does not see
 * the errors that these hooks throw around it.
 */
function failureOf({ code, message, retryable }: StoreError): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: !retryable });
}
