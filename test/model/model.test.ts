/**
 * Every interleaving of a job with its troubles, as far as the model goes: docs/reliability-model.md tells
 * what it is.
 */
import { describe, expect, test } from 'vitest';
import { check, type Verdict } from './check.ts';
import { directory } from './directory/index.ts';
import { jobModel } from './job.ts';
import { NEW, OLD, type Rule } from './rule.ts';
import { s3 } from './s3/index.ts';
import type { Trouble, Troubles } from './world.ts';

const TROUBLES: readonly Trouble[] = [
  ...(['timeouts', 'resets', 'cancels', 'forces', 'terminations'] as const),
  ...(['failures', 'pauses', 'sweeps', 'others'] as const),
];
/** More states than any of these checks has. */
const MAX_STATES = 200_000;

type StoreName = 'directory' | 's3';

function troublesOf(total: number, count: (trouble: Trouble) => number): Troubles {
  const counts = Object.fromEntries(TROUBLES.map((trouble) => [trouble, count(trouble)]));
  return { total, ...(counts as Record<Trouble, number>) };
}

/** One trouble, whichever it is. */
const ANY_ONE = troublesOf(1, () => 1);

/** Exactly these troubles, in any order. */
function mix(...troubles: Trouble[]): Troubles {
  return troublesOf(troubles.length, (trouble) => troubles.filter((other) => other === trouble).length);
}

/** Checks a rule with a store; where a fault is named, only for that fault. */
function verdictOn(store: StoreName, rule: Rule, troubles: Troubles, fault?: string): Verdict<unknown> {
  const checked = <Store>(model: ReturnType<typeof jobModel<Store>>) => {
    const only = (state: Parameters<typeof model.fault>[0]) => {
      const found = model.fault(state);
      return fault === undefined || found === fault ? found : undefined;
    };
    return check({ ...model, fault: only }, MAX_STATES);
  };
  return store === 'directory'
    ? checked(jobModel(directory(rule), rule, troubles))
    : checked(jobModel(s3(rule), rule, troubles));
}

const DESTROYED = 'the job was replicated, and its image is not whole';
const OVERTAKEN = 'an attempt removes what a later one has taken';

describe('under the new rule no interleaving does harm', () => {
  test.each<[StoreName, string, Troubles]>([
    ['directory', 'any one trouble', ANY_ONE],
    ['s3', 'any one trouble', ANY_ONE],
    ['directory', 'a frozen worker and a cancel by force', mix('timeouts', 'forces')],
    ['s3', 'a frozen worker and a cancel by force', mix('timeouts', 'forces')],
    ['s3', 'a frozen worker and a reset', mix('timeouts', 'resets')],
    ['directory', 'two frozen workers', mix('timeouts', 'timeouts')],
    ['directory', 'a frozen worker and a termination', mix('timeouts', 'terminations')],
    ['s3', 'a frozen worker and a termination', mix('timeouts', 'terminations')],
    ['directory', 'a frozen worker and a cancel', mix('timeouts', 'cancels')],
    ['s3', 'a frozen worker and a cancel', mix('timeouts', 'cancels')],
    ['directory', 'a frozen worker and a pause', mix('timeouts', 'pauses')],
    ['s3', 'a frozen worker and a pause', mix('timeouts', 'pauses')],
  ])('at a store like %s: %s', (store, _what, troubles) => {
    expect(verdictOn(store, NEW, troubles)).toMatchObject({ fault: null });
  });
});

describe('under the old rule', () => {
  test.each<[StoreName]>([['directory'], ['s3']])(
    'a worker that wakes after the end of its job destroys its image (%s)',
    (store) => {
      const { fault, trace } = verdictOn(store, OLD, mix('timeouts'), DESTROYED);
      expect(fault).toBe(DESTROYED);
      expect(trace.at(-1)?.label).toMatch(/#1|#2|#3|#4/);
    },
  );

  test.each<[string, StoreName, Troubles, string]>([
    [
      'a reset makes the attempt before it remove what the new run makes',
      'directory',
      mix('resets'),
      OVERTAKEN,
    ],
    ['so it does in a bucket', 's3', mix('resets'), OVERTAKEN],
    [
      'the frozen worker of a paused job removes what it makes',
      'directory',
      mix('timeouts', 'pauses'),
      OVERTAKEN,
    ],
    ['one that was cut off while it reserved removes the copy', 's3', mix('timeouts', 'pauses'), OVERTAKEN],
    [
      'what completes an upload comes behind the clean-up',
      's3',
      mix('cancels'),
      'the job is canceled, and leaves data',
    ],
  ])('%s (%s)', (_what, store, troubles, fault) => {
    expect(verdictOn(store, OLD, troubles, fault)).toMatchObject({ fault });
  });
});

describe('each mending is needed: without it', () => {
  test.each<[string, Partial<Rule>, StoreName, Troubles, string]>([
    ['committed images are removed', { sparesCommitted: false }, 'directory', ANY_ONE, DESTROYED],
    ['so they are in a bucket', { sparesCommitted: false }, 's3', ANY_ONE, DESTROYED],
    ['data is removed without a lease', { provesLease: [] }, 's3', ANY_ONE, DESTROYED],
    [
      'a sweep removes what was committed since',
      { sweepsWhatWasListed: false },
      'directory',
      ANY_ONE,
      DESTROYED,
    ],
    [
      'a run after a reset leaves the image of the run before',
      { undoesEarlierRuns: false },
      'directory',
      ANY_ONE,
      'the job is error, and has an image',
    ],
    [
      'what was never written is committed',
      { commitsWholeOnly: false },
      'directory',
      mix('timeouts', 'resets'),
      DESTROYED,
    ],
    [
      'a run after a reset makes a second image',
      { keepsItsId: false },
      's3',
      ANY_ONE,
      'a job has two images',
    ],
    [
      'a new start cuts off what another has committed',
      { keepsBytes: false },
      'directory',
      mix('timeouts', 'timeouts'),
      DESTROYED,
    ],
    [
      'a commit writes its record into what was emptied',
      { createsOnce: false },
      'directory',
      ANY_ONE,
      'a sweep leaves a folder that bears no mark',
    ],
    [
      'a late record is not taken back',
      { takesBack: false },
      's3',
      mix('forces', 'others'),
      'a sweep leaves a record',
    ],
    [
      'a late completion takes the place of other data',
      { completesIfAbsent: false },
      's3',
      ANY_ONE,
      DESTROYED,
    ],
    [
      'a removal goes on behind the one that has finished it',
      { looksAgain: false },
      's3',
      mix('forces', 'others'),
      "another job's image is gone",
    ],
    ['a late record counts for the one of now', { replacesRecord: false }, 's3', ANY_ONE, DESTROYED],
    ['late data counts for that of now', { numbersData: false }, 's3', ANY_ONE, DESTROYED],
    ['a late record counts for a commit', { numbersRecords: false }, 's3', ANY_ONE, DESTROYED],
    [
      'a commit moves what has come to its path',
      { looksBeforeRename: false },
      'directory',
      ANY_ONE,
      OVERTAKEN,
    ],
  ])('%s', (_what, change, store, troubles, fault) => {
    expect(verdictOn(store, { ...NEW, ...change }, troubles, fault)).toMatchObject({ fault });
  });
});

describe('a named limit:', () => {
  const limits = (change: Partial<Rule['limits']>): Pick<Rule, 'limits'> => ({
    limits: { ...NEW.limits, ...change },
  });

  test.each<[string, Partial<Rule>, StoreName, Troubles, string]>([
    [
      'a commit that is frozen between its look and its rename moves what has come to the path',
      limits({ frozenBeforeRename: true }),
      'directory',
      ANY_ONE,
      OVERTAKEN,
    ],
    [
      'a store without conditional removal obeys a request whose sender has lost its lease',
      { deletesIfMatch: false, ...limits({ lateDeletes: true }) },
      's3',
      mix('resets', 'cancels'),
      DESTROYED,
    ],
    [
      'a process that dies when it has written its record late leaves it',
      limits({ diesAfterLateRecord: true }),
      's3',
      mix('forces', 'others'),
      'a sweep leaves a record',
    ],
  ])('%s', (_what, change, store, troubles, fault) => {
    expect(verdictOn(store, { ...NEW, ...change }, troubles, fault)).toMatchObject({ fault });
  });
});
