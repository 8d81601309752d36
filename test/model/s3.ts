import type { Rule } from './rule.ts';
import type { Attempt, Move, StoreModel, Surroundings, View } from './store.ts';

/** `<id>/job`. Its content is its ETag. */
interface JobObject {
  readonly mark: string;
  readonly fence: number;
  readonly doomed: boolean;
  /** The attempt that made it. */
  readonly by: number;
  readonly upload: number;
  readonly committed: boolean;
}
/** An object with bytes of the source, of an incarnation of a job. */
interface DataObject {
  readonly mark: string;
  readonly upload: number;
  readonly version: number;
}
/** `<id>/image.json`; where one object is both, the half of it that is the record. */
interface RecordObject {
  readonly mark: string;
  readonly by: number;
  readonly version: number;
}

export interface Bucket {
  readonly job: JobObject | null;
  readonly data: readonly DataObject[];
  readonly record: RecordObject | null;
  /** Multipart uploads that are open. */
  readonly uploads: readonly number[];
}

export function s3(rule: Rule): StoreModel<Bucket> {
  return {
    initial: { job: null, data: [], record: null, uploads: [] },
    act: (s, a, around) => (rule.fenced ? fenced(rule, s, a, around) : old(rule, s, a)),
    view,
    leftover(s) {
      if (s.record?.mark === 'a' && s.job?.mark !== 'a') return 'a record';
      if (s.uploads.some((upload) => upload > 0)) return 'an upload';
      if (s.job?.mark === 'a' && (s.job.doomed || !hasRecord(s))) return 'a job object';
      if (s.data.some(({ mark, upload }) => mark === 'a' && upload !== s.job?.upload)) return 'data';
      return null;
    },
    reserve(s) {
      if (s.job !== null || hasRecord(s) || (s.data.length > 0 && !rule.namesIncarnations)) return null;
      const job = { mark: 'b', fence: 0, doomed: false, by: 0, upload: 0, committed: false };
      return { ...s, job, uploads: [0, ...s.uploads] };
    },
    finish: (s) => ({
      ...putData(rule, s, { mark: 'b', upload: 0, version: 9 }),
      record: { mark: 'b', by: 0, version: 9 },
      uploads: s.uploads.filter((upload) => upload !== 0),
    }),
    tidy: (s) => s,
  };
}

const hasRecord = (s: Bucket) => s.record !== null && s.record.version >= 0;

function putData(rule: Rule, s: Bucket, object: DataObject): Bucket {
  const others = rule.namesIncarnations ? s.data.filter(({ upload }) => upload !== object.upload) : [];
  return { ...s, data: [...others, object] };
}
function deleteData(rule: Rule, s: Bucket, upload: number): Bucket {
  return { ...s, data: rule.namesIncarnations ? s.data.filter((object) => object.upload !== upload) : [] };
}
const abort = (s: Bucket, upload: number): Bucket => ({
  ...s,
  uploads: s.uploads.filter((u) => u !== upload),
});

function view(s: Bucket): View {
  const { record, job } = s;
  const isWhole = s.data.some(({ mark, version }) => mark === record?.mark && version === record.version);
  return {
    image:
      record === null || record.version < 0 ? null : { mark: record.mark, whole: isWhole, by: record.by },
    making: job && { mark: job.mark, doomed: job.doomed, by: job.fence },
  };
}

/** The programs of the new code. */
function fenced(rule: Rule, s: Bucket, a: Attempt, around: Surroundings): Move<Bucket>[] {
  const n = a.number;
  const { job, record } = s;
  const to = (label: string, at: string, store = s, seen = a.seen): Move<Bucket>[] => [
    { label, store, at, seen },
  ];
  const see = () => JSON.stringify(job);
  const known: JobObject | null = a.seen === '' ? null : JSON.parse(a.seen);
  /** Replaces the job object by If-Match. */
  const swap = (changes: Partial<JobObject>) =>
    job !== null && a.seen === see() ? { ...job, fence: n, ...changes } : null;
  const restart = (label: string) => to(label, a.step === 'sweep' ? 'gone' : 'start', s, '');
  const take = (at: string, label = 'takes the fence', more: Partial<Bucket> = {}): Move<Bucket>[] => {
    const next = swap({});
    if (next === null) return restart('finds the fence moved');
    return to(label, at, { ...s, ...more, job: next }, JSON.stringify(next));
  };
  /** A request without a condition: R5. */
  const remove = (name: string, after: string, apply: () => Bucket): Move<Bucket>[] => {
    if (a.at.startsWith('~')) return to(`has its DELETE of the ${name} done`, after, apply());
    if (rule.looksBeforeRemoving) {
      if (!around.mayRemove) return to('may not remove it any more', a.step === 'discard' ? 'ok' : 'gone');
      if (a.seen !== see()) return restart('finds something else');
    }
    if (rule.provesLease && !around.hasLease && a.step !== 'sweep')
      return to('has no lease to prove', 'gone');
    if (rule.removalsArePrompt) return to(`proves its lease, and deletes the ${name}`, after, apply());
    return to(`proves its lease, and sends a DELETE of the ${name}`, `~${a.at}`);
  };

  switch (a.at.replace('~', '')) {
    case 'doom': {
      const next = swap({ doomed: true, ...(a.step === 'sweep' && { fence: job?.fence ?? 0 }) });
      if (next === null) return restart('finds the fence moved');
      const record = rule.commitsByIfMatch ? null : s.record;
      const after = rule.commitsByIfMatch ? 'abort' : 'remove record';
      return to('dooms the job object', after, { ...s, job: next, record }, JSON.stringify(next));
    }
    case 'remove record':
      if (rule.commitsByIfMatch) return to('has no record to remove', 'abort');
      return remove('record', 'abort', () => ({ ...s, record: null }));
    case 'abort':
      return to('aborts the upload', 'remove data', abort(s, known?.upload ?? -1));
    case 'remove data':
      return remove('data', 'remove job', () => deleteData(rule, s, known?.upload ?? -1));
    case 'remove job':
      return remove('job object', a.step === 'sweep' ? 'gone' : 'start', () => ({ ...s, job: null }));
  }
  const isOwn = job !== null && job.mark === 'a';
  if (a.step === 'prepare') {
    switch (a.at) {
      case 'start':
        if (job === null) return to('finds no job object', 'free?');
        if (job.mark !== 'a') return to('finds the id taken', 'lost');
        if (job.doomed) return to('finds a doomed job object', 'remove record', s, see());
        if (job.fence > n) return to('is overtaken', 'lost');
        return to("finds its job's object", 'own', s, see());
      case 'own':
        if (!hasRecord(s)) return to('finds no record', 'doom');
        if (record?.version !== a.version) return to('finds an image of other bytes', 'lost');
        return to('finds the record', 'adopt');
      case 'adopt':
        return take('adopted', 'adopts the image');
      case 'free?':
        if (hasRecord(s)) return to('finds the id taken', 'lost');
        if (s.data.length > 0 && !rule.namesIncarnations) return to('finds data in the way', 'lost');
        return to('creates an upload', 'put', { ...s, uploads: [...s.uploads, n] });
      case 'put': {
        if (job !== null) return restart('finds a job object in the way');
        const made: JobObject = { mark: 'a', fence: n, doomed: false, by: n, upload: n, committed: false };
        return to('puts the job object', 'ok', { ...s, job: made });
      }
    }
  }
  if (a.step === 'transfer') {
    switch (a.at) {
      case 'start':
        if (!isOwn || job.doomed) return to('finds no job object', 'lost');
        if (job.fence > n) return to('is overtaken', 'lost');
        return to('finds the job object', 'fence', s, see());
      case 'fence':
        return take('look');
      case 'look':
        if (hasRecord(s)) return to('finds the image whole', 'lost');
        if (s.data.some(({ upload }) => upload === known?.upload))
          return [...to('finds its bytes there', 'ok'), ...to('has to start over', 'over?')];
        return to('puts the parts', 'ours?');
      case 'over?':
        if (a.seen !== see()) return to('is overtaken', 'lost');
        return to('finds its fence in place', 'over');
      case '~over':
      case 'over':
        return remove('data', 'again', () => deleteData(rule, s, known?.upload ?? -1));
      case 'again': {
        const next = swap({ upload: n });
        if (next === null) return to('is overtaken', 'lost', { ...s });
        return to(
          'names another upload',
          'ours?',
          { ...s, job: next, uploads: [...s.uploads, n] },
          JSON.stringify(next),
        );
      }
      case 'ours?':
        if (a.seen !== see()) return to('is overtaken', 'lost');
        return to('sends the request to put all together', '~complete');
      case '~complete':
        if (s.data.some(({ upload }) => upload === known?.upload)) return to('hears that it is whole', 'ok');
        if (!s.uploads.includes(known?.upload ?? -1))
          return to('hears that the upload is gone', 'start', s, '');
        return to('has its request taken', '~assemble', abort(s, known?.upload ?? -1));
      case '~assemble': {
        const object = { mark: 'a', upload: known?.upload ?? -1, version: a.version };
        return to('has its data put together', 'ok', putData(rule, s, object));
      }
    }
  }
  if (a.step === 'commit') {
    switch (a.at) {
      case 'start':
        if (!isOwn || job.doomed) return to('finds no job object', 'lost');
        if (job.fence > n) return to('is overtaken', 'lost');
        if (job.fence < a.filled) return to('finds what nobody has filled', 'lost');
        return to('finds the job object', 'fence', s, see());
      case 'fence':
        return take('~record');
      case '~record': {
        const put = { mark: 'a', by: known?.by ?? -1, version: a.version };
        if (!rule.commitsByIfMatch) return to('has the record put', 'recheck', { ...s, record: put });
        const next = swap({ committed: true });
        if (next === null) return restart('finds the fence moved');
        return to('has the record put', 'ok', { ...s, job: next, record: put });
      }
      case 'recheck':
        if (isOwn && a.seen === see()) return to('finds the image whole', 'ok');
        if (isOwn) return to('is overtaken', 'lost');
        return to('finds the job object gone', 'take back');
      case '~take back':
      case 'take back':
        return remove('record', 'lost', () => ({ ...s, record: null }));
    }
  }
  if (a.step === 'discard') {
    switch (a.at) {
      case 'closed?':
        if (!around.isClosed) return to('finds the chain open', 'ok');
        if (rule.cleansOwnRunOnly && !around.isLastRun) return to('finds a later run', 'ok');
        return to('finds the chain closed', 'start');
      case 'start':
        if (!isOwn) return to('finds no job object', 'ok');
        if (job.doomed) return to('finds a doomed job object', 'remove record', s, see());
        if (job.fence > n) return to('is overtaken', 'ok');
        return to('finds the job object', 'own', s, see());
      case 'own':
        if (hasRecord(s) && rule.sparesCommitted && !a.committing) return to('spares the image', 'ok');
        return to('may remove it', 'doom');
    }
  }
  if (a.step === 'sweep') {
    switch (a.at) {
      case 'start': {
        if (isOwn && (job.doomed || !hasRecord(s))) return to('lists the job object', 'closed?', s, see());
        const named = [job?.upload];
        const upload = s.uploads.find((u) => u > 0 && !named.includes(u));
        if (upload !== undefined)
          return to('aborts an old upload that nothing names', 'gone', abort(s, upload));
        const orphan = s.data.find((object) => object.mark === 'a' && !named.includes(object.upload));
        if (orphan !== undefined)
          return to('deletes old data that nothing names', 'gone', deleteData(rule, s, orphan.upload));
        return to('lists nothing', 'gone');
      }
      case 'closed?':
        if (!around.isClosed) return to('finds the chain open', 'gone');
        return to(
          'finds the chain closed',
          rule.listsAgain ? 'listed?' : known?.doomed ? 'remove record' : 'doom',
        );
      case 'listed?':
        if (known?.doomed) return to('finds it doomed', 'remove record');
        if (a.seen !== see() || hasRecord(s)) return to('finds something else', 'gone');
        return to('finds it as it was', 'doom');
    }
  }
  return [];
}

/** The programs of the code as it was: by the mark alone. */
function old(rule: Rule, s: Bucket, a: Attempt): Move<Bucket>[] {
  const n = a.number;
  const { job } = s;
  const to = (label: string, at: string, store = s, seen = a.seen): Move<Bucket>[] => [
    { label, store, at, seen },
  ];
  const known: JobObject | null = a.seen === '' ? null : JSON.parse(a.seen);
  const isOwn = job !== null && job.mark === 'a';
  const see = () => JSON.stringify(job);
  switch (`${a.step} ${a.at}`) {
    case 'prepare start':
      if (isOwn) return to("finds its job's object", 'ok');
      if (job !== null || hasRecord(s) || s.data.length > 0) return to('finds the id taken', 'lost');
      return to('creates an upload', 'put', { ...s, uploads: [...s.uploads, n] });
    case 'prepare put':
      if (job !== null) return to('finds a job object in the way', isOwn ? 'ok' : 'lost', abort(s, n));
      return to('puts the job object', 'ok', {
        ...s,
        job: { mark: 'a', fence: 0, doomed: false, by: n, upload: n, committed: false },
      });
    case 'transfer start':
      if (!isOwn) return to('finds no job object', 'lost');
      if (job.fence > n) return to('is overtaken', 'lost');
      return to('finds the job object', 'fence', s, see());
    case 'transfer fence': {
      if (a.seen !== see() || job === null) return to('finds the fence moved', 'start', s, '');
      const next = { ...job, fence: n };
      return to('takes the fence', 'look', { ...s, job: next }, JSON.stringify(next));
    }
    case 'transfer look':
      if (hasRecord(s)) return to('finds the image whole', 'lost');
      return s.data.length > 0 ? to('finds its bytes there', 'ok') : to('puts the parts', 'ours?');
    case 'transfer ours?':
      if (a.seen !== see()) return to('is overtaken', 'lost');
      return to('sends the request to put all together', '~complete');
    case 'transfer ~complete':
      if (!s.uploads.includes(known?.upload ?? -1))
        return to('hears that the upload is gone', s.data.length > 0 ? 'ok' : 'lost');
      return to('has its request taken', '~assemble', abort(s, known?.upload ?? -1));
    case 'transfer ~assemble':
      return to(
        'has its data put together',
        'ok',
        putData(rule, s, { mark: 'a', upload: known?.upload ?? -1, version: a.version }),
      );
    case 'commit start':
      return isOwn ? to('finds the job object', '~record', s, see()) : to('finds no job object', 'lost');
    case 'commit ~record':
      return to('has the record put', 'recheck', {
        ...s,
        record: { mark: 'a', by: known?.by ?? -1, version: a.version },
      });
    case 'commit recheck':
      return isOwn ? to('finds the image whole', 'ok') : to('finds the job object gone', 'take back');
    case 'commit take back':
      return to('deletes the record', 'lost', { ...s, record: null });
    case 'discard closed?':
      return to('begins', 'start');
    case 'discard start':
      return isOwn ? to('finds the job object', 'remove record', s, see()) : to('finds no job object', 'ok');
    case 'discard remove record':
      return to('deletes the record', 'abort', { ...s, record: null });
    case 'discard abort':
      return to('aborts the upload', 'remove data', abort(s, known?.upload ?? -1));
    case 'discard remove data':
      return to('deletes the data', 'remove job', { ...s, data: [] });
    case 'discard remove job':
      return to('deletes the job object', 'remove record again', { ...s, job: null });
    case 'discard remove record again':
      return to('deletes the record', 'ok', { ...s, record: null });
  }
  return [];
}
