import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves, onceClosed, type Surroundings } from '../store.ts';
import { abort, type Bucket, isCommitted, isSame, see, seenBy, swap } from './state.ts';

/**
 * The moves of every removal: it dooms the job object, and then deletes the record, the data and the job
 * object.
 */
export function removal(rule: Rule, s: Bucket, a: Attempt): Move<Bucket>[] {
  const go = moves(s, a);
  const known = seenBy(a);
  const sweeps = a.step === 'sweep';
  const makesRoom = a.step === 'prepare' || a.step === 'transfer';
  const emptied = makesRoom ? 'renew' : 'delete job';
  switch (a.at) {
    case 'doom': {
      const removal = Math.max(1, a.number, s.expired);
      const next = swap(s, known, { doomed: true, removal, ...(!sweeps && { fence: a.number }) });
      if (next === null) return go('finds the fence moved', sweeps ? 'gone' : 'start', s, '');
      return go('dooms the job object', 'see record', next, see(next));
    }
    case 'take over': {
      if (!rule.deletesExpire) return go('goes on with the removal', 'see record');
      if (!sweeps && (known.job?.fence ?? 0) > a.number) return go('is overtaken', makesRoom ? 'lost' : 'ok');
      const removal = Math.max(a.number, (known.job?.removal ?? 0) + 0.5);
      const next = swap(s, known, { removal, ...(!sweeps && { fence: a.number }) });
      if (next === null) return go('finds another job object', sweeps ? 'gone' : 'start', s, '');
      return go('takes the removal over', 'see record', next, see(next, -1, true));
    }
    case 'expire': {
      const expired = Math.max(s.expired, known.job?.removal ?? 0);
      return go("waits until the other's requests have expired", emptied, { ...s, expired });
    }
    case 'see record':
      if (s.record === null) return go('finds no record', 'abort');
      return go('sees the record', 'delete record', s, noting(s.record.by));
    case 'delete record':
    case '~delete record':
      return remove('record', 'abort', s.record?.by);
    case 'abort':
      return go('aborts the upload', 'see data', abort(s, known.job?.upload ?? -1));
    case 'see data':
      if (s.data === null) return go('finds no data', known.takenOver ? 'expire' : emptied);
      return go('sees the data', 'delete data', s, noting(s.data.version));
    case 'delete data':
    case '~delete data':
      return remove('data', known.takenOver ? 'expire' : emptied, s.data?.version);
    case 'delete job':
      if (!isSame(s, known)) return go('finds another job object', after());
      return go('asks to delete the job object', '~delete job');
    case '~delete job':
      if (isExpired()) return go('asks too late to delete the job object', after(), s, '');
      if (rule.deletesIfMatch && !isSame(s, known)) return go('finds another job object', after(), s, '');
      return go('deletes the job object', after(), { ...s, job: null }, '');
  }
  return [];

  function noting(etag: number): string {
    return JSON.stringify({ ...known, etag });
  }
  function after(): string {
    return sweeps ? 'gone' : 'start';
  }
  function isExpired(): boolean {
    return rule.deletesExpire && (known.job?.removal ?? 0) < s.expired;
  }
  /**
   * Returns the moves of a DELETE. The process may be frozen for any time between a look and the request
   * after it.
   */
  function remove(what: 'record' | 'data', next: string, etag: number | undefined): Move<Bucket>[] {
    if (!a.at.startsWith('~')) {
      if (rule.looksAgain && !isSame(s, known)) return go('finds another job object', after(), s, '');
      return go(`asks to delete the ${what}`, `~${a.at}`);
    }
    if (isExpired()) return go(`asks too late to delete the ${what}`, next);
    if (rule.deletesIfMatch && etag !== known.etag) return go(`finds another ${what}`, next);
    return go(`deletes the ${what}`, next, { ...s, [what]: null });
  }
}

/**
 * Removes the unfinished image of the job. If it undoes a commit, it removes the image of that commit too.
 */
export function discard(rule: Rule, s: Bucket, a: Attempt, around: Surroundings): Move<Bucket>[] {
  const go = moves(s, a);
  const { job } = s;
  switch (a.at) {
    case 'closed?':
      return onceClosed(go('finds the chain closed', 'start'), rule, a, around);
    case 'start':
      if (job?.mark !== 'a') return go('finds no job object', 'ok');
      if (job.doomed) return go('finds a doomed job object', 'take over', s, see(s));
      if (job.fence > a.number) return go('is overtaken', 'ok');
      return go('finds the job object', 'own', s, see(s));
    case 'own':
      if (isCommitted(rule, s, job) && rule.sparesCommitted && !a.committing)
        return go('spares the image', 'ok');
      return go('may remove it', 'doom');
  }
  return [];
}
