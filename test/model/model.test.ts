/**
 * Checks every interleaving of a job with its troubles. docs/reliability-model.md describes what the model
 * covers.
 */
import { describe, expect, test } from 'vitest';
import { NEW, type Rule } from './rule.ts';
import { ANY_ONE, DESTROYED, mix, OVERTAKEN, type StoreName, verdictOn } from './verdict.ts';
import type { Troubles } from './world.ts';

const SWEPT_AND_RESET = mix('terminations', 'sweeps', 'resets');
const ADOPTS_ANY: Partial<Rule> = { adoptsReplicatedOnly: false };

describe('with the new rules no interleaving does harm', () => {
  test.each<[StoreName, string, Troubles]>([
    ['directory', 'any one trouble', ANY_ONE],
    ['s3', 'any one trouble', ANY_ONE],
    ['directory', 'a frozen worker and a cancel by force', mix('timeouts', 'forces')],
    ['s3', 'a frozen worker and a cancel by force', mix('timeouts', 'forces')],
    ['s3', 'a frozen worker and a reset', mix('timeouts', 'resets')],
    ['directory', 'two frozen workers', mix('timeouts', 'timeouts')],
    ['s3', 'two frozen workers', mix('timeouts', 'timeouts')],
    ['directory', 'a reset and a cancel', mix('resets', 'cancels')],
    ['s3', 'a reset and a cancel', mix('resets', 'cancels')],
    ['directory', 'a frozen worker and a termination', mix('timeouts', 'terminations')],
    ['s3', 'a frozen worker and a termination', mix('timeouts', 'terminations')],
    ['directory', 'a frozen worker and a cancel', mix('timeouts', 'cancels')],
    ['s3', 'a frozen worker and a cancel', mix('timeouts', 'cancels')],
    ['directory', 'a frozen worker and a pause', mix('timeouts', 'pauses')],
    ['s3', 'a frozen worker and a pause', mix('timeouts', 'pauses')],
    ['glance', 'any one trouble', ANY_ONE],
    ['glance', 'a frozen worker and a cancel by force', mix('timeouts', 'forces')],
    ['glance', 'a frozen worker and a reset', mix('timeouts', 'resets')],
    ['glance', 'two frozen workers', mix('timeouts', 'timeouts')],
    ['glance', 'a reset and a cancel', mix('resets', 'cancels')],
    ['glance', 'a reset and a cancel by force', mix('resets', 'forces')],
    ['glance', 'a reset and a failure', mix('resets', 'failures')],
    ['glance', 'a frozen worker and a termination', mix('timeouts', 'terminations')],
    ['glance', 'a frozen worker and a cancel', mix('timeouts', 'cancels')],
    ['glance', 'a frozen worker and a pause', mix('timeouts', 'pauses')],
    ['glance', 'a cancel by force and another job', mix('forces', 'others')],
    ['glance', 'a termination, a sweep and a reset', SWEPT_AND_RESET],
  ])('to a store like %s: %s', (store, _what, troubles) => {
    expect(verdictOn(store, NEW, troubles)).toMatchObject({ fault: null });
  });
});

test.each([
  ['a reset and a cancel', mix('resets', 'cancels')],
  ['a frozen worker and a reset', mix('timeouts', 'resets')],
])('even if a server ignores If-Match in a removal, no interleaving does harm: %s', (_what, troubles) => {
  expect(verdictOn('s3', { ...NEW, deletesIfMatch: false }, troubles)).toMatchObject({ fault: null });
});

describe('without one of the rules a fault comes back:', () => {
  test.each<[string, Partial<Rule>, StoreName, Troubles, string]>([
    ['committed images are removed', { sparesCommitted: false }, 'directory', ANY_ONE, DESTROYED],
    ['committed images are removed from a bucket', { sparesCommitted: false }, 's3', ANY_ONE, DESTROYED],
    [
      'a clean-up removes what a run after a reset has replicated',
      { cleanUpSpares: false },
      's3',
      mix('forces', 'resets'),
      DESTROYED,
    ],
    [
      'a sweep removes an image that was committed after its list was made',
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
      'an image whose data was never written is committed',
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
      'a transfer that starts over cuts off the data that another attempt has committed',
      { keepsBytes: false },
      'directory',
      mix('timeouts', 'timeouts'),
      DESTROYED,
    ],
    [
      'a commit moves a folder that was emptied to the place of the image',
      { looksAfterRecord: false },
      'directory',
      mix('timeouts', 'forces'),
      'an image that is not whole can be seen',
    ],
    [
      'the rest of a removal blocks the id for ever',
      { sweepsUnmarked: false },
      'directory',
      mix('timeouts', 'forces'),
      'a sweep leaves a folder that bears no mark',
    ],
    [
      'a frozen start-over removes the note of the next attempt that the data is whole',
      { numbersNotes: false },
      'directory',
      mix('timeouts', 'timeouts'),
      'the job fails for no reason',
    ],
    [
      'a fence that was set in the middle of a removal stays in the place of the image',
      { sweepsUnmarkedImages: false },
      'directory',
      mix('resets', 'cancels'),
      'a sweep leaves a folder that bears no mark',
    ],
    [
      'a folder without a record counts as an image',
      { finishesAtImage: false },
      'directory',
      mix('resets', 'cancels'),
      DESTROYED,
    ],
    [
      'a late record is not taken back',
      { takesBack: false },
      's3',
      mix('forces', 'others'),
      'a sweep leaves a record',
    ],
    [
      'a late completion of an upload replaces other data',
      { completesIfAbsent: false },
      's3',
      ANY_ONE,
      DESTROYED,
    ],
    [
      'a late DELETE finds the same bytes with the same ETag, and removes them',
      { deletesExpire: false },
      's3',
      mix('resets', 'cancels'),
      DESTROYED,
    ],
    [
      'a removal goes on after another attempt has completed it',
      { looksAgain: false },
      's3',
      mix('forces', 'others'),
      "another job's image is gone",
    ],
    [
      'a discard of the run before a reset removes the image that the new run has committed',
      { confirmsDeletes: false },
      'glance',
      mix('resets', 'cancels'),
      DESTROYED,
    ],
    [
      'a clean-up that began before a reset removes the image that the new run has committed',
      { confirmsChain: false },
      'glance',
      mix('resets', 'forces'),
      DESTROYED,
    ],
    [
      'a commit removes the doom, and the image is removed all the same',
      { looksAgain: false },
      'glance',
      mix('resets', 'forces'),
      DESTROYED,
    ],
    ['a late removal finds an adopted image', ADOPTS_ANY, 'glance', mix('resets', 'cancels'), DESTROYED],
    ["a sweep's late removal finds an adopted image", ADOPTS_ANY, 'glance', SWEPT_AND_RESET, DESTROYED],
    ['committed images are removed from a Glance', { sparesCommitted: false }, 'glance', ANY_ONE, DESTROYED],
    ['a late record is taken for the current one', { replacesRecord: false }, 's3', ANY_ONE, DESTROYED],
    ['late data is taken for the current data', { numbersData: false }, 's3', ANY_ONE, DESTROYED],
    ['a late record is taken for a commit', { numbersRecords: false }, 's3', ANY_ONE, DESTROYED],
    [
      'a commit moves a folder that has taken the place of its own',
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
      'a commit that is frozen between its look and its rename moves a folder that has taken the place of its own',
      limits({ frozenBeforeRename: true }),
      'directory',
      ANY_ONE,
      OVERTAKEN,
    ],
    [
      'a process that dies right after it has written its record late leaves the record',
      limits({ diesAfterLateRecord: true }),
      's3',
      mix('forces', 'others'),
      'a sweep leaves a record',
    ],
    [
      'a run for which the source has changed leaves the image of the run before',
      limits({ knowsItsBytesOnly: true }),
      'glance',
      ANY_ONE,
      'the job is error, and has an image',
    ],
    [
      'a run that begins anew leaves the image that the run before has made instead of a spoilt one',
      limits({ looksAtFirstIdOnly: true }),
      'glance',
      mix('timeouts', 'resets'),
      'the job is error, and has an image',
    ],
  ])('%s', (_what, change, store, troubles, fault) => {
    expect(verdictOn(store, { ...NEW, ...change }, troubles, fault)).toMatchObject({ fault });
  });

  test('a commit that is frozen before its rename does not destroy a replicated image', () => {
    const rule = { ...NEW, ...limits({ frozenBeforeRename: true }) };
    expect(verdictOn('directory', rule, mix('resets', 'cancels'), DESTROYED)).toMatchObject({ fault: null });
  });
});
