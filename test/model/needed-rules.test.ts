/** Checks that each rule is needed. docs/reliability-model.md names the harm that is done without it. */
import { describe, expect, test } from 'vitest';
import { NEW, type Rule } from './rule.ts';
import { ANY_ONE, DESTROYED, mix, OVERTAKEN, type StoreName, SWEPT_AND_RESET, verdictOn } from './verdict.ts';
import type { Troubles } from './world.ts';

const ADOPTS_ANY: Partial<Rule> = { adoptsReplicatedOnly: false };

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
    [
      'a late removal finds an image that was adopted because Temporal has forgotten the run before',
      { doubtsForgottenRuns: false },
      'glance',
      mix('deletions', 'cancels', 'resets'),
      DESTROYED,
    ],
    ["a sweep's late removal finds an adopted image", ADOPTS_ANY, 'glance', SWEPT_AND_RESET, DESTROYED],
    ['committed images are removed from a Glance', { sparesCommitted: false }, 'glance', ANY_ONE, DESTROYED],
    ['a late record is taken for the current one', { replacesRecord: false }, 's3', ANY_ONE, DESTROYED],
    ['late data is taken for the current data', { numbersData: false }, 's3', ANY_ONE, DESTROYED],
    ['a late record is taken for a commit', { numbersRecords: false }, 's3', ANY_ONE, DESTROYED],
    [
      'a run that begins anew leaves the image that the run before has made instead of a removed one',
      { replacesUsedIds: false },
      'glance',
      mix('timeouts', 'resets'),
      'the job is error, and has an image',
    ],
    [
      "a run after a reset removes another job's image with the same bytes",
      { undoesKnownCommits: false },
      'glance',
      mix('resets', 'others'),
      "another job's image is gone",
    ],
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
