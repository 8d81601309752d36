import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves, type Surroundings } from '../store.ts';
import { abort, type Bucket, isCommitted, isSame, see, seenBy } from './state.ts';

/** Removes what has the mark of a closed chain, and what nothing refers to any more. */
export function sweep(rule: Rule, s: Bucket, a: Attempt, around: Surroundings): Move<Bucket>[] {
  const go = moves(s, a);
  const { job, record, data } = s;
  const known = seenBy(a);
  switch (a.at) {
    case 'start': {
      if (job?.mark === 'a' && (job.doomed || !isCommitted(rule, s, job)))
        return go('lists a place without a record', 'job object');
      const upload = s.uploads.find((u) => u > 0 && (u !== job?.upload || isCommitted(rule, s, job)));
      if (upload !== undefined)
        return go('aborts an old upload that nothing needs', 'gone', abort(s, upload));
      if (job !== null) return go('lists nothing', 'gone');
      if (record?.mark === 'a' && data === null) return go('lists a record without data', 'bare record');
      if (data?.mark === 'a' && record === null) return go('lists data that nothing names', 'orphan');
      return go('lists nothing', 'gone');
    }
    // The code reads the job object after the list, but knows only from the list that there is no record.
    case 'job object':
      return job?.mark === 'a'
        ? go('reads the job object', 'closed?', s, see(s))
        : go('finds no job object', 'gone');
    case 'closed?':
      if (!around.isClosed) return go('finds the chain open', 'gone');
      if (known.job?.doomed) return go('finds the chain closed', 'take over');
      return go('finds the chain closed', rule.sweepsWhatWasListed ? 'record?' : 'doom');
    case 'record?':
      if (isCommitted(rule, s, job) || !isSame(s, known)) return go('finds something else', 'gone');
      return go('finds no record still', 'doom');
    case 'bare record':
      if (!around.isClosed || job !== null || data !== null) return go('finds something else', 'gone');
      return go('deletes a record without data', 'gone', { ...s, record: null });
    case 'orphan':
      if (!around.isClosed || job !== null || record !== null) return go('finds something else', 'gone');
      return go('deletes data that nothing names', 'gone', { ...s, data: null });
  }
  return [];
}
