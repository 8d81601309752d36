/** Checks the limits that docs/reliability-model.md names: what no rule prevents, and what it cannot do. */
import { describe, expect, test } from 'vitest';
import { NEW, type Rule } from './rule.ts';
import { ANY_ONE, DESTROYED, mix, OVERTAKEN, type StoreName, verdictOn } from './verdict.ts';
import type { Troubles } from './world.ts';

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
      'an image that was committed right before the job was cancelled by force stays if Temporal forgets the job',
      limits({ forgottenImagesStay: true }),
      's3',
      mix('forces', 'deletions'),
      'the job is canceled, and has an image',
    ],
    [
      'a run makes a second image if Temporal has forgotten the run that has made the first',
      limits({ forgottenImagesStay: true }),
      'glance',
      mix('resets', 'deletions'),
      'a job has two images',
    ],
    [
      'a sweep does not find the image of a job that Temporal has forgotten',
      limits({ sweepsKnownJobsOnly: true }),
      'glance',
      ANY_ONE,
      'a sweep leaves an image in the making',
    ],
  ])('%s', (_what, change, store, troubles, fault) => {
    expect(verdictOn(store, { ...NEW, ...change }, troubles, fault)).toMatchObject({ fault });
  });

  test('a commit that is frozen before its rename does not destroy a replicated image', () => {
    const rule = { ...NEW, ...limits({ frozenBeforeRename: true }) };
    expect(verdictOn('directory', rule, mix('resets', 'cancels'), DESTROYED)).toMatchObject({ fault: null });
  });
});
