import type { Rule } from '../rule.ts';
import type { View } from '../store.ts';

/** `<id>/job`. Its content is its ETag. */
export interface JobObject {
  readonly mark: string;
  readonly fence: number;
  readonly doomed: boolean;
  /** The attempt that has reserved the place. */
  readonly by: number;
  /** The multipart upload that takes the data. */
  readonly upload: number;
  /** Which removal has it; 0: none. Grows when another one takes over what is doomed. */
  readonly removal: number;
}

/** `<id>/data`. Its ETag tells its bytes, and so its version, and not who has written it. */
interface DataObject {
  readonly mark: string;
  readonly by: number;
  readonly version: number;
}

/** `<id>/image.json`. */
interface RecordObject {
  readonly mark: string;
  /** The attempt that has written it: its ETag, for its body has a time of its own. */
  readonly by: number;
  /** Its reservation. */
  readonly of: number;
  readonly version: number;
}

export interface Bucket {
  readonly job: JobObject | null;
  readonly data: DataObject | null;
  readonly record: RecordObject | null;
  /** Multipart uploads that are open. */
  readonly uploads: readonly number[];
  /** What removals before this one have asked for is obeyed no more. */
  readonly expired: number;
}

/** What an attempt holds on to. */
interface Seen {
  readonly job: JobObject | null;
  /** ETag of what it is about to delete. */
  readonly etag: number;
  /** It has taken a removal over from another attempt, whose requests may still arrive. */
  readonly takenOver?: true;
}

export const NOTHING: Bucket = { job: null, data: null, record: null, uploads: [], expired: 0 };

export function see(s: Bucket, etag = -1, takenOver = false): string {
  return JSON.stringify({ job: s.job, etag, ...(takenOver && { takenOver }) });
}

export function seenBy({ seen }: { readonly seen: string }): Seen {
  return seen === '' ? { job: null, etag: -1 } : JSON.parse(seen);
}

/** Tells whether the job object is still the one that was seen. */
export function isSame(s: Bucket, { job }: Seen): boolean {
  return JSON.stringify(s.job) === JSON.stringify(job);
}

/** Replaces the job object by If-Match; `null` where it is another one by now. */
export function swap(s: Bucket, seen: Seen, changes: Partial<JobObject>): Bucket | null {
  return s.job !== null && isSame(s, seen) ? { ...s, job: { ...s.job, ...changes } } : null;
}

export function abort(s: Bucket, upload: number): Bucket {
  return { ...s, uploads: s.uploads.filter((other) => other !== upload) };
}

/**
 * Tells whether the data is what the job object describes, as far as can be told without reading the data.
 */
export function isOwnData(rule: Rule, { data }: Bucket, job: JobObject | null): boolean {
  if (data === null || job === null) return false;
  if (!rule.completesIfAbsent) return true;
  return data.mark === job.mark && (!rule.numbersData || data.by === job.by);
}

/** Tells whether the record was committed by the job that the job object names. */
export function isCommitted(rule: Rule, { record }: Bucket, job: JobObject | null): boolean {
  return record !== null && (!rule.numbersRecords || record.of === job?.by);
}

export function viewOf({ record, job, data }: Bucket): View {
  return {
    // Without data, readers hear that there is no image.
    image: record && data ? { mark: record.mark, whole: data.version === record.version } : null,
    making: job && { mark: job.mark, doomed: job.doomed, by: job.fence },
  };
}
