import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves } from '../store.ts';
import { prepare } from './prepare.ts';
import { abort, type Bucket, isCommitted, isOwnData, isSame, see, seenBy, swap } from './state.ts';

/**
 * Uploads the parts, and completes the upload. After a reset there may be an image, or nothing; if there is
 * nothing, the transfer begins as `prepare` does.
 */
export function transfer(rule: Rule, s: Bucket, a: Attempt): Move<Bucket>[] {
  const go = moves(s, a);
  const { job } = s;
  const n = a.number;
  const known = seenBy(a);
  const upload = known.job?.upload ?? -1;
  switch (a.at) {
    case 'start': {
      const isOwn = job?.mark === 'a' && !job.doomed;
      if (a.run > 0 && (!isOwn || isCommitted(rule, s, job))) return prepare(rule, s, a);
      if (!isOwn) return go('finds no job object', 'lost');
      if (job.fence > n) return go('is overtaken', 'lost');
      return go('finds the job object', 'early look', s, see(s));
    }
    case 'early look':
      return go('looks at the image', hasOnlyParts(rule, s, known) ? 'fence with parts' : 'fence', s, a.seen);
    case 'fence with parts':
    case 'fence': {
      const next = swap(s, known, { fence: n });
      if (next === null) return go('finds the fence moved', 'start', s, '');
      return go('takes the fence', a.at === 'fence' ? 'look' : 'puts parts', next, see(next));
    }
    case 'puts parts':
      return go('puts the parts', s.uploads.includes(upload) ? 'ours?' : 'again');
    case 'look':
      if (isCommitted(rule, s, job)) return go('finds the image whole', 'lost');
      if (isOwnData(rule, s, job)) {
        // The data is read back for the digest.
        const isRight = s.data?.version === a.version;
        return isRight ? go('finds its bytes there', 'ok') : go('has to start over', 'again');
      }
      return go('puts the parts', s.uploads.includes(upload) ? 'ours?' : 'again');
    case 'again': {
      const next = swap({ ...s, uploads: [...s.uploads, n] }, known, { upload: n });
      if (next === null) return go('is overtaken', 'lost');
      if (s.data === null) return go('names another upload', 'ours?', next, see(next));
      return go('names another upload', 'delete bad data', abort(next, upload), see(next, s.data.version));
    }
    case 'ours?':
      if (!isSame(s, known)) return go('is overtaken', 'lost');
      return go('sends the request to put all together', '~complete');
    case '~complete':
      if (isOwnData(rule, s, known.job)) return go('hears that it is whole', 'ok');
      if (!s.uploads.includes(upload)) return go('hears that the upload is gone', 'start', s, '');
      return go('has its request taken', '~assemble', abort(s, upload));
    case '~assemble': {
      const data = { mark: 'a', by: known.job?.by ?? -1, version: a.version };
      if (s.data === null || !rule.completesIfAbsent)
        return go('has its data put together', 'ok', { ...s, data });
      if (isOwnData(rule, s, known.job)) return go('hears that its data is there', 'ok');
      const seen = JSON.stringify({ ...known, etag: s.data.version });
      return go('hears of other data', 'delete bad data', { ...s, uploads: [...s.uploads, upload] }, seen);
    }
    case 'delete bad data':
      if (rule.looksAgain && !isSame(s, known)) return go('is overtaken', 'lost');
      if (s.data?.version !== known.etag) return go('finds other data', 'ours?');
      return go('deletes the data that is in the way', 'ours?', { ...s, data: null });
  }
  return prepare(rule, s, a);
}

/**
 * Tells whether the place holds nothing but the upload. The look overlaps with the change of the fence, so it
 * may see an older state. If it has seen more than the upload, the look is repeated under the fence.
 */
function hasOnlyParts(rule: Rule, s: Bucket, { job }: ReturnType<typeof seenBy>): boolean {
  return s.record === null && !isOwnData(rule, s, job) && s.uploads.includes(job?.upload ?? -1);
}
