import type { Rule } from '../rule.ts';
import type { StoreModel } from '../store.ts';
import { commit } from './commit.ts';
import { old } from './old.ts';
import { prepare } from './prepare.ts';
import { discard, removal } from './removal.ts';
import { type Bucket, NOTHING, viewOf } from './state.ts';
import { sweep } from './sweep.ts';
import { transfer } from './transfer.ts';

/** Models an S3 store: objects, conditional writes and multipart uploads. */
export function s3(rule: Rule): StoreModel<Bucket> {
  return {
    initial: NOTHING,
    act(s, a, around) {
      if (!rule.fenced) return old(s, a);
      const removing = removal(rule, s, a);
      if (removing.length > 0) return removing;
      switch (a.step) {
        case 'prepare':
          return prepare(rule, s, a);
        case 'transfer':
          return transfer(rule, s, a);
        case 'commit':
          return commit(rule, s, a);
        case 'discard':
          return discard(rule, s, a, around);
        case 'sweep':
          return sweep(rule, s, a, around);
      }
    },
    view: viewOf,
    leftover({ job, data, record, uploads }) {
      if (record?.mark === 'a' && job?.mark !== 'a') return 'a record';
      if (uploads.some((upload) => upload > 0)) return 'an upload';
      if (job?.mark === 'a' && (job.doomed || record === null)) return 'a job object';
      // If another job has reserved the place, its transfer removes the data that is in its way.
      if (data?.mark === 'a' && record === null && job?.mark !== 'b') return 'data';
      return null;
    },
    reserve(s) {
      if (s.job !== null || s.record !== null || s.data !== null) return null;
      const job = { mark: 'b', fence: 0, doomed: false, by: 0, upload: 0, removal: 0 };
      return { ...s, job, uploads: [0, ...s.uploads] };
    },
    finish: (s) => ({
      ...s,
      data: { mark: 'b', by: 0, version: 9 },
      record: { mark: 'b', by: 0, of: 0, version: 9 },
      uploads: s.uploads.filter((upload) => upload !== 0),
    }),
    tidy: (s) => s,
  };
}
