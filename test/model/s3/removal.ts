import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves, type Surroundings } from '../store.ts';
import { abort, type Bucket, isCommitted, isSame, see, seenBy, swap } from './state.ts';

/** What all who remove have in common: dooms, and then deletes the record, the data and the job object. */
export function removal(rule: Rule, s: Bucket, a: Attempt, around: Surroundings): Move<Bucket>[] {
  const go = moves(s, a);
  const known = seenBy(a);
  const sweeps = a.step === 'sweep';
  const makesRoom = a.step === 'prepare' || a.step === 'transfer';
  switch (a.at) {
    case 'doom': {
      const next = swap(s, known, { doomed: true, ...(!sweeps && { fence: a.number }) });
      if (next === null) return go('finds the fence moved', sweeps ? 'gone' : 'start', s, '');
      return go('dooms the job object', 'see record', next, see(next));
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
      if (s.data === null) return go('finds no data', makesRoom ? 'renew' : 'delete job');
      return go('sees the data', 'delete data', s, noting(s.data.version));
    case 'delete data':
    case '~delete data':
      return remove('data', makesRoom ? 'renew' : 'delete job', s.data?.version);
    case 'delete job':
      if (rule.deletesIfMatch && !isSame(s, known)) return go('finds another job object', after());
      if (!rule.deletesIfMatch && !mayRemove()) return go('has no lease to prove', 'gone');
      return go('deletes the job object', after(), { ...s, job: null }, '');
  }
  return [];

  function noting(etag: number): string {
    return JSON.stringify({ ...known, etag });
  }
  function after(): string {
    return sweeps ? 'gone' : 'start';
  }
  function mayRemove(): boolean {
    return sweeps ? around.isClosed && isSame(s, known) : around.hasLease;
  }
  function remove(what: 'record' | 'data', next: string, etag: number | undefined): Move<Bucket>[] {
    const isSent = a.at.startsWith('~');
    const proves = rule.provesLease.includes(what) && (rule.prepareProves || !makesRoom);
    if (proves && !isSent) {
      if (!mayRemove()) return go(`may not delete the ${what} any more`, 'gone');
    }
    if (rule.looksAgain && !isSent) {
      if (!isSame(s, known)) return go('finds another job object', after(), s, '');
    }
    if (proves && !isSent) {
      if (rule.limits.lateDeletes) return go('proves its lease', `~${a.at}`);
    }
    const label = `${proves && !isSent ? 'proves its lease, and ' : ''}deletes the ${what}`;
    const isMeant = !rule.deletesIfMatch || etag === known.etag;
    return go(
      isMeant ? label : `${label}, which is another one by now`,
      next,
      isMeant ? { ...s, [what]: null } : s,
    );
  }
}

/** Removes what the job has in the making, and what it has committed, where it undoes that commit. */
export function discard(rule: Rule, s: Bucket, a: Attempt, around: Surroundings): Move<Bucket>[] {
  const go = moves(s, a);
  const { job } = s;
  switch (a.at) {
    case 'closed?':
      if (!around.isClosed) return [];
      return go('finds the chain closed', 'start').map((move) => ({
        ...move,
        committing: a.committing && !(rule.cleanUpSpares && around.isOwned),
      }));
    case 'start':
      if (job?.mark !== 'a') return go('finds no job object', 'ok');
      if (job.doomed) return go('finds a doomed job object', 'see record', s, see(s));
      if (job.fence > a.number) return go('is overtaken', 'ok');
      return go('finds the job object', 'own', s, see(s));
    case 'own':
      if (isCommitted(rule, s, job) && rule.sparesCommitted && !a.committing)
        return go('spares the image', 'ok');
      return go('may remove it', 'doom');
  }
  return [];
}
