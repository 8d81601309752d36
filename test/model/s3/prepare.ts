import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves } from '../store.ts';
import { type Bucket, isCommitted, see, seenBy, swap } from './state.ts';

/** Reserves the place, or adopts the image that an earlier run of the job has committed. */
export function prepare(rule: Rule, s: Bucket, a: Attempt): Move<Bucket>[] {
  const go = moves(s, a);
  const { job, record } = s;
  const n = a.number;
  // A transfer that has removed what was in its way goes on with its own work.
  const done = a.step === 'prepare' ? 'ok' : 'start';
  switch (a.at) {
    case 'start':
      if (job === null) return go('finds no job object', 'free?', s, '');
      if (job.mark !== 'a') return go('finds the id taken', 'lost');
      if (job.doomed) return go('finds a doomed job object', 'take over', s, see(s));
      if (job.fence > n) return go('is overtaken', 'lost');
      return go("finds its job's object", 'own', s, see(s));
    case 'own':
      if (!isCommitted(rule, s, job)) return go('finds no record', 'doom');
      if (record?.version !== a.version) return go('finds an image of other bytes', 'lost');
      return go('finds the record', 'adopt');
    case 'adopt': {
      const next = swap(s, seenBy(a), { fence: n });
      if (next === null) return go('finds the fence moved', 'start', s, '');
      return go('adopts the image', 'adopted', next, '');
    }
    case 'free?':
      if (record !== null || s.data !== null) return go('finds the id taken', 'lost');
      return go('creates an upload', 'put', { ...s, uploads: [...s.uploads, n] });
    case 'put':
      if (job !== null) return go('finds a job object in the way', 'start', s, '');
      return go('puts the job object', done, {
        ...s,
        job: { mark: 'a', fence: n, doomed: false, by: n, upload: n, removal: 0 },
      });
    case 'renew':
      return go('creates an upload', 'replace', { ...s, uploads: [...s.uploads, n] });
    case 'replace': {
      const next = swap(s, seenBy(a), { fence: n, doomed: false, by: n, upload: n, removal: 0 });
      if (next === null) return go('finds that somebody was faster', 'start', s, '');
      return go('replaces the doomed job object', done, next, '');
    }
  }
  return [];
}
