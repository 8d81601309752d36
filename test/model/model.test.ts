/**
 * Checks every interleaving of a job with its troubles. docs/reliability-model.md describes what the model
 * covers.
 */
import { describe, expect, test } from 'vitest';
import { NEW } from './rule.ts';
import { ANY_ONE, mix, type StoreName, SWEPT_AND_RESET, verdictOn } from './verdict.ts';
import type { Troubles } from './world.ts';

/** Temporal forgets a job, or its earlier runs, while processes are frozen and something else happens. */
const FORGOTTEN = (['directory', 's3', 'glance'] as const).flatMap(
  (store): [StoreName, string, Troubles][] => [
    [store, 'a deletion and a sweep', mix('deletions', 'sweeps')],
    [store, 'a deletion and a cancel by force', mix('deletions', 'forces')],
    [store, 'a deletion and a reset', mix('deletions', 'resets')],
  ],
);

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
    ['glance', 'a reset and another job', mix('resets', 'others')],
    ['glance', 'a deletion, a sweep and a reset', mix('deletions', 'sweeps', 'resets')],
    ['glance', 'a deletion, a cancel and a reset', mix('deletions', 'cancels', 'resets')],
    ...FORGOTTEN,
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
