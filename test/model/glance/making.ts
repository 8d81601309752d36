import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves, type Surroundings } from '../store.ts';
import { change, create, type Glance, hasLostItsMark, isMarked, isRemoved } from './state.ts';

/** Reserves the id, or adopts the image that an earlier run of the job has committed. */
export function prepare(rule: Rule, s: Glance, a: Attempt, around: Surroundings): Move<Glance>[] {
  const go = moves(s, a);
  switch (a.at) {
    case 'start':
      if (isEarlierCommit(rule, s, a, around)) return adopt(rule, s, a, around);
      return go('asks for the id', '~create');
    case '~create':
      if (!s.isUsed) return go('has the image created', 'ok', create('a'));
      return go('hears that the id was used', 'mine?');
    case 'mine?':
      if (isMarked(s)) return go("finds its job's image", 'ok');
      if (a.run > 0 && isRemoved(s) && rule.replacesUsedIds) return go('can use the id no more', 'spoilt');
      return go('finds the id taken', 'lost');
  }
  return [];
}

/**
 * Uploads the bytes in one request. After a reset there may be an image, or nothing; if there is nothing, the
 * transfer reserves the id.
 */
export function transfer(rule: Rule, s: Glance, a: Attempt, around: Surroundings): Move<Glance>[] {
  const go = moves(s, a);
  const { image } = s;
  switch (a.at) {
    case 'start':
      if (isEarlierCommit(rule, s, a, around)) return adopt(rule, s, a, around);
      if (isMarked(s)) return go('finds the image', 'look');
      return a.run > 0 ? go('finds no image, and asks for the id', '~create') : go('finds no image', 'lost');
    case '~create':
      if (!s.isUsed) return go('has the image created', 'look', create('a'));
      return go('hears that the id was used', 'mine?');
    case 'mine?':
      return isMarked(s) ? go("finds its job's image", 'look') : go('can use the id no more', 'spoilt');
    case 'look':
      if (!isMarked(s)) return go('finds the image gone', 'lost');
      if (image?.status !== 'active') return go('finds the image without data', 'queued?');
      if (image.version === a.version) return go('finds its bytes there', 'ok');
      return go('finds other bytes, and takes its mark away', 'lost', change(s, { mark: 'x' }));
    case 'queued?':
      if (!isMarked(s)) return go('finds the image gone', 'lost');
      if (image?.status === 'active') return go('finds data', 'start');
      if (image?.status === 'queued') return go('sends the upload', '~upload');
      return [
        ...go('sees an upload break off', 'queued?', change(s, { status: 'queued', saver: 0 })),
        ...go('sees an upload that never ends', 'spoilt'),
      ];
    case '~upload':
      if (image?.status !== 'queued') return go('has its upload refused', 'start');
      return go('has its upload begin', '~end', change(s, { status: 'saving', saver: a.number }));
    case '~end':
      if (image?.status !== 'saving' || image.saver !== a.number) return go('is broken off', 'start');
      return go('has its upload end', 'ok', change(s, { status: 'active', saver: 0, version: a.version }));
  }
  return [];
}

/** Removes the mark with one request, which also completes the record of the image. */
export function commit(rule: Rule, s: Glance, a: Attempt, around: Surroundings): Move<Glance>[] {
  const go = moves(s, a);
  const { image } = s;
  switch (a.at) {
    case 'start':
      if (hasLostItsMark(s, a.version))
        return a.run > 0 ? adopt(rule, s, a, around) : go('finds it committed', 'ok');
      if (!isMarked(s)) return go('finds no image', 'lost');
      if (image?.status !== 'active' || image.version !== a.version) return go('finds other data', 'lost');
      return go('sends the last patch', '~patch');
    case '~patch':
      // The request removes the property, whatever its value is.
      if (image?.mark !== 'a') return go('has its patch refused', 'start');
      return go('has its patch applied', 'ok', change(s, { mark: '', doomed: false }));
  }
  return [];
}

/** Tells whether an earlier run of the job is known to have committed the image. */
function isEarlierCommit(rule: Rule, s: Glance, { run, version }: Attempt, around: Surroundings): boolean {
  const isKnown = around.claim === 'undoable' || isOwned(rule, around);
  return run > 0 && hasLostItsMark(s, version) && isKnown;
}

/** Tells whether a run after a reset takes it for certain that a run has ended as replicated. */
function isOwned({ doubtsForgottenRuns }: Rule, { claim }: Surroundings): boolean {
  return claim === 'owned' || (claim === 'unknown' && !doubtsForgottenRuns);
}

/**
 * Takes over a committed image if a run has ended as replicated. Otherwise a removal of the image may be on
 * its way, and the job makes another image.
 */
function adopt(rule: Rule, s: Glance, a: Attempt, around: Surroundings): Move<Glance>[] {
  const go = moves(s, a);
  return rule.adoptsReplicatedOnly && !isOwned(rule, around)
    ? go('leaves the image, which may be removed', 'spoilt')
    : go('adopts the image', 'adopted');
}
