import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves } from '../store.ts';
import { type Bucket, isOwnData, seenBy, swap } from './state.ts';

/** Writes the record, and then checks once more whether it may stay. */
export function commit(rule: Rule, s: Bucket, a: Attempt): Move<Bucket>[] {
  const go = moves(s, a);
  const { job, record, data } = s;
  const known = seenBy(a);
  const isOwn = job?.mark === 'a' && !job.doomed;
  switch (a.at) {
    // The look at the data overlaps with the change of the fence, so it may see what was there before.
    case 'start':
      return go('looks at the data', 'job object', s, noted(null, data));
    case 'job object':
      if (!isOwn) return go('finds no job object', 'lost');
      if (job.fence > a.number) return go('is overtaken', 'lost');
      return go('finds the job object', 'fence', s, noted(job, known.data));
    case 'fence': {
      const next = swap(s, known, { fence: a.number });
      if (next === null) return go('finds the fence moved', 'job object', s, a.seen);
      return go('takes the fence', 'data?', next, noted(next.job, known.data));
    }
    case 'data?':
      if (rule.commitsWholeOnly && !isOwnData(rule, { ...s, data: known.data ?? null }, known.job))
        return go('has seen no data', 'lost');
      return go('sends the record', '~record', s, noted(known.job));
    case '~record':
      if (record === null) return go('has the record put', 'recheck', put());
      if (!rule.replacesRecord) return go('hears of a record', 'ours?');
      return go('hears of a record', 'still?', s, JSON.stringify({ ...known, etag: record.by }));
    case 'still?':
      return mayStay() ? go('finds its reservation in place', '~replace') : go('is overtaken', 'lost');
    case '~replace':
      if (record?.by !== known.etag) return go('hears of another record', '~record');
      return go('has its own put in its place', 'recheck', put());
    case 'ours?':
      return mayStay() ? go('finds the image whole', 'ok') : go('finds the job object gone', 'lost');
    case 'recheck':
      if (mayStay()) return go('finds the image whole', 'ok');
      return go('finds the job object gone', rule.takesBack ? '~take back' : 'lost');
    case '~take back':
      if (record?.by !== a.number) return go('finds its record gone', 'lost');
      return go('takes its record back', 'lost', { ...s, record: null });
  }
  return [];

  function noted(job: Bucket['job'], data?: Bucket['data']): string {
    return JSON.stringify({ job, etag: -1, ...(data !== undefined && { data }) });
  }
  function put(): Bucket {
    return { ...s, record: { mark: 'a', by: a.number, of: known.job?.by ?? -1, version: a.version } };
  }
  function mayStay(): boolean {
    return isOwn && (!rule.numbersRecords || job.by === known.job?.by);
  }
}
