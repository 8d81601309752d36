/** Finds the faults of the old code again. docs/reliability-model.md tells them in short. */
import { describe, expect, test } from 'vitest';
import { OLD, type Rule } from './rule.ts';
import { DESTROYED, mix, OVERTAKEN, type StoreName, verdictOn } from './verdict.ts';
import type { Troubles } from './world.ts';

/** Returns the rules of the old code, in which the attempts of only one step remove what they have made. */
function oldOf(step: 'prepare' | 'transfer'): Rule {
  return { ...OLD, removeWhenGivenUp: [step] };
}

describe('with the old rules', () => {
  test.each<[string, StoreName, Rule, Troubles, string, RegExp]>([
    [
      'a worker that wakes after the end of its job destroys its image',
      'directory',
      oldOf('transfer'),
      mix('timeouts'),
      DESTROYED,
      /the job is replicated\ntransfer #\d, given up, takes its run for ended/,
    ],
    [
      'a worker that wakes after the end of its job destroys its image',
      's3',
      oldOf('transfer'),
      mix('timeouts'),
      DESTROYED,
      /the job is replicated\ntransfer #\d, given up, takes its run for ended/,
    ],
    [
      'a reset makes the attempt before it remove what the new run makes',
      'directory',
      oldOf('transfer'),
      mix('resets'),
      OVERTAKEN,
      /the job is reset to its transfer\ntransfer #2, given up, takes its run for ended/,
    ],
    [
      'a reset makes the attempt before it remove what the new run makes',
      's3',
      oldOf('transfer'),
      mix('resets'),
      OVERTAKEN,
      /the job is reset.*transfer #2, given up, takes its run for ended/s,
    ],
    [
      'the frozen worker of a paused job removes what its successor makes',
      'directory',
      oldOf('transfer'),
      mix('timeouts', 'pauses'),
      OVERTAKEN,
      /the job is paused\ntransfer #2, given up, takes its run for ended/,
    ],
    [
      'an attempt that was cut off while it reserved removes the copy',
      'directory',
      oldOf('prepare'),
      mix('timeouts', 'pauses'),
      OVERTAKEN,
      /prepare #1 counts as dead.*prepare #1, given up, takes its run for ended/s,
    ],
    [
      'an attempt that was cut off while it reserved destroys the image',
      's3',
      oldOf('prepare'),
      mix('timeouts'),
      DESTROYED,
      /prepare #1 counts as dead.*prepare #1, given up, takes its run for ended/s,
    ],
    [
      'the request that completes an upload comes after the discard, and leaves data',
      's3',
      OLD,
      mix('cancels'),
      'the job is canceled, and leaves data',
      /discard #3 deletes the data\ntransfer #2, given up, has its data put together/,
    ],
  ])('%s (%s)', (_what, store, rule, troubles, fault, culprit) => {
    const verdict = verdictOn(store, rule, troubles, fault);
    expect(verdict.fault).toBe(fault);
    expect(verdict.trace.join('\n')).toMatch(culprit);
  });
});
