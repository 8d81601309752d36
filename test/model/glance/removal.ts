import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves, onceClosed, type Surroundings } from '../store.ts';
import { change, type Glance, hasLostItsMark } from './state.ts';

/** Removes the unfinished image of the job. If it undoes a commit, it removes the committed image too. */
export function discard(rule: Rule, s: Glance, a: Attempt, around: Surroundings): Move<Glance>[] {
  const go = moves(s, a);
  const { image } = s;
  const done = a.step === 'sweep' ? 'gone' : 'ok';
  switch (a.at) {
    case 'closed?':
      return onceClosed(go('finds the chain closed', 'start'), rule, a, around);
    case 'start':
      if (image === null) return go('finds no image', done);
      if (undoes()) return go('finds the image committed', 'delete');
      if (image.mark !== 'a') return go('finds an image that it may not remove', done);
      if (image.doomed) return go('finds a doomed image', 'delete');
      return go('finds the image in the making', '~doom');
    case '~doom':
      if (image?.mark === 'a') return go('dooms the image', 'delete', change(s, { doomed: true }));
      return undoes() ? go('finds the image committed', 'delete') : go('is too late to doom it', done);
    case 'delete':
      if (image === null) return go('finds no image', done);
      if (rule.confirmsDeletes && !around.mayRemove) return go('is not wanted any more', 'closed?');
      return go('is still wanted', 'again');
    case 'again':
      if (image === null) return go('finds no image', done);
      if (rule.looksAgain && !image.doomed && !undoes()) return go('finds it committed', done);
      return go('asks to delete the image', '~delete');
    case '~delete':
      return go('has the image deleted', done, { ...s, image: null });
  }
  return [];

  /** Tells whether this discard undoes the commit of the image. */
  function undoes(): boolean {
    if (rule.sparesCommitted && !a.committing) return false;
    return rule.limits.knowsItsBytesOnly ? hasLostItsMark(s, a.version) : image?.mark === '';
  }
}

/** Removes what has the mark of a closed chain. */
export function sweep(rule: Rule, s: Glance, a: Attempt, around: Surroundings): Move<Glance>[] {
  const go = moves(s, a);
  switch (a.at) {
    case 'start':
      if (rule.limits.sweepsKnownJobsOnly && !around.isKnown) return go('does not look for it', 'gone');
      if (s.image?.mark !== 'a') return go('lists nothing', 'gone');
      return go('lists the image in the making', 'chain?');
    case 'chain?':
      return around.isClosed ? go('finds the chain closed', 'remove') : go('finds the chain open', 'gone');
    case 'remove':
      return discard(rule, s, { ...a, at: 'start' }, around);
  }
  return discard(rule, s, a, around);
}
