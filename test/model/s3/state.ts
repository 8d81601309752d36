import type { Rule } from '../rule.ts';
import type { View } from '../store.ts';

/** The object `<id>/job`. Its ETag stands for all of these fields. */
export interface JobObject {
  readonly mark: string;
  readonly fence: number;
  readonly doomed: boolean;
  /** The attempt that has reserved the place. */
  readonly by: number;
  /** The multipart upload that takes the data. */
  readonly upload: number;
  /**
   * The number of the removal that has doomed the object; 0 if there is none. It grows when another attempt
   * takes over a removal.
   */
  readonly removal: number;
}

/**
 * The object `<id>/data`. Its ETag depends on its bytes, and so on the version of the source, but not on its
 * writer.
 */
interface DataObject {
  readonly mark: string;
  readonly by: number;
  readonly version: number;
}

/** The object `<id>/image.json`. */
interface RecordObject {
  readonly mark: string;
  /**
   * The attempt that has written the record. The ETag depends on it, because the body contains the time of
   * writing.
   */
  readonly by: number;
  /** The attempt that had reserved the place. */
  readonly of: number;
  readonly version: number;
}

export interface Bucket {
  readonly job: JobObject | null;
  readonly data: DataObject | null;
  readonly record: RecordObject | null;
  /** The open multipart uploads. */
  readonly uploads: readonly number[];
  /**
   * The number of a removal. All requests of earlier removals have expired: the bucket no longer carries them
   * out.
   */
  readonly expired: number;
}

/** What an attempt remembers. */
interface Seen {
  readonly job: JobObject | null;
  /** The ETag of the object that the attempt is about to delete. */
  readonly etag: number;
  /** True if the attempt has taken over a removal from another attempt, whose requests may still arrive. */
  readonly takenOver?: true;
  /** The data that a commit has found. */
  readonly data?: DataObject | null;
}

export const NOTHING: Bucket = { job: null, data: null, record: null, uploads: [], expired: 0 };

/** Returns what an attempt remembers after it has looked at the job object. `seenBy` reads it back. */
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

/** Replaces the job object by If-Match. Returns `null` if it has changed by now. */
export function swap(s: Bucket, seen: Seen, changes: Partial<JobObject>): Bucket | null {
  return s.job !== null && isSame(s, seen) ? { ...s, job: { ...s.job, ...changes } } : null;
}

export function abort(s: Bucket, upload: number): Bucket {
  return { ...s, uploads: s.uploads.filter((other) => other !== upload) };
}

/**
 * Tells whether the data is what the job object describes, as far as that can be told without reading the
 * data.
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
    // If the data is missing, readers are told that there is no image.
    image: record && data ? { mark: record.mark, whole: data.version === record.version } : null,
    making: job && { mark: job.mark, doomed: job.doomed, by: job.fence },
  };
}
