import { type Attempt, type Move, moves } from '../store.ts';
import { abort, type Bucket, isSame, see, seenBy } from './state.ts';

/** The programs of the old code, which relied only on the mark. */
export function old(s: Bucket, a: Attempt): Move<Bucket>[] {
  const go = moves(s, a);
  const { job, record, data } = s;
  const n = a.number;
  const known = seenBy(a);
  const upload = known.job?.upload ?? -1;
  const isOwn = job?.mark === 'a';
  switch (`${a.step} ${a.at}`) {
    case 'prepare start':
      if (isOwn) return go("finds its job's object", 'ok');
      if (job !== null || record !== null || data !== null) return go('finds the id taken', 'lost');
      return go('creates an upload', 'put', { ...s, uploads: [...s.uploads, n] });
    case 'prepare put':
      if (job !== null) return go('finds a job object in the way', isOwn ? 'ok' : 'lost', abort(s, n));
      return go('puts the job object', 'ok', {
        ...s,
        job: { mark: 'a', fence: 0, doomed: false, by: n, upload: n, removal: 0 },
      });
    case 'transfer start':
      if (!isOwn) return go('finds no job object', 'lost');
      if (job.fence > n) return go('is overtaken', 'lost');
      return go('finds the job object', 'fence', s, see(s));
    case 'transfer fence': {
      if (!isSame(s, known) || job === null) return go('finds the fence moved', 'start', s, '');
      const next = { ...s, job: { ...job, fence: n } };
      return go('takes the fence', 'look', next, see(next));
    }
    case 'transfer look':
      if (record !== null) return go('finds the image whole', 'lost');
      return data === null ? go('puts the parts', 'ours?') : go('finds its bytes there', 'ok');
    case 'transfer ours?':
      if (!isSame(s, known)) return go('is overtaken', 'lost');
      return go('sends the request to put all together', '~complete');
    case 'transfer ~complete':
      if (!s.uploads.includes(upload))
        return go('hears that the upload is gone', data === null ? 'lost' : 'ok');
      return go('has its request taken', '~assemble', abort(s, upload));
    case 'transfer ~assemble':
      return go('has its data put together', 'ok', {
        ...s,
        data: { mark: 'a', by: known.job?.by ?? -1, version: a.version },
      });
    case 'commit start':
      return isOwn ? go('finds the job object', '~record', s, see(s)) : go('finds no job object', 'lost');
    case 'commit ~record':
      return go('has the record put', 'recheck', {
        ...s,
        record: { mark: 'a', by: n, of: -1, version: a.version },
      });
    case 'commit recheck':
      return isOwn ? go('finds the image whole', 'ok') : go('finds the job object gone', 'take back');
    case 'commit take back':
      return go('deletes the record', 'lost', { ...s, record: null });
    case 'discard start':
      return isOwn ? go('finds the job object', 'remove record', s, see(s)) : go('finds no job object', 'ok');
    case 'discard remove record':
      return go('deletes the record', 'abort', { ...s, record: null });
    case 'discard abort':
      return go('aborts the upload', 'remove data', abort(s, upload));
    case 'discard remove data':
      return go('deletes the data', 'remove job', { ...s, data: null });
    case 'discard remove job':
      return go('deletes the job object', 'remove record again', { ...s, job: null });
    case 'discard remove record again':
      return go('deletes the record', 'ok', { ...s, record: null });
  }
  return [];
}
