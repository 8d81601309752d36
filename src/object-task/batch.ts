import { bytesText } from '../text/index.ts';
import { MAX_FAILURES, type ObjectFailure } from './details.ts';

/**
 * The size in bytes from which an object is copied by a workflow of its own. After a crash, that workflow can
 * resume in the middle of the object.
 */
export const LARGE_OBJECT = 64 * 1024 * 1024;

/** An object that is copied by a workflow of its own. */
export interface LargeObject {
  readonly path: string;
  readonly size: number;
  /** Present if the object loses attributes that the destination cannot store. */
  readonly is_incomplete?: true;
}

/**
 * The small objects of a batch: all objects with a path after `after` and up to `up_to`, without those in
 * `except`, which are large.
 */
export interface BatchScope {
  readonly after: string | null;
  readonly up_to: string;
  readonly except: readonly string[];
}

/** A batch of a task's objects: a section of the list of all objects. */
export interface Batch {
  /** The small objects of the batch; `null` if there are none. */
  readonly small: BatchScope | null;
  readonly large: readonly LargeObject[];
  /** The last path of the batch, after which there may be more objects; `null` at the end of the list. */
  readonly next: string | null;
}

/**
 * The progress of the small objects of a batch. It is the activity's heartbeat details, and in the end its
 * result.
 */
export interface BatchProgress {
  /** Every object up to this path is done; `null` if none is. */
  readonly after: string | null;
  readonly moved: number;
  readonly bytes: number;
  readonly failed: number;
  readonly failures: readonly ObjectFailure[];
  /** The number of moved objects that have lost attributes. */
  readonly incomplete: number;
  /** The number of empty folders, which are left out. */
  readonly folders: number;
  /** When the last object was done, or the batch last waited; milliseconds since the epoch. */
  readonly moved_at: number;
}

/** The counts of a batch that has not begun. */
export const NOTHING_MOVED = {
  moved: 0,
  bytes: 0,
  failed: 0,
  failures: [],
  incomplete: 0,
  folders: 0,
} as const;

/** Returns a line of text that says how far a batch is, such as `120 objects moved, 3.4 MiB, 2 failed`. */
export function batchText({ moved, bytes, failed }: BatchProgress): string {
  return `${moved} objects moved, ${bytesText(bytes)}, ${failed} failed`;
}

/**
 * Reads heartbeat details. Returns `undefined` if they are not those of a batch. The batch then starts from
 * the beginning.
 */
export function parseBatchProgress(value: unknown): BatchProgress | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { after, moved, bytes, failed, failures, moved_at } = value as Record<string, unknown>;
  if (after !== null && typeof after !== 'string') return undefined;
  if (![moved, bytes, failed, moved_at].every(Number.isSafeInteger) || !Array.isArray(failures)) {
    return undefined;
  }
  // A heartbeat also has a text for the Web UI, and notes whether a pause stops the attempt.
  const {
    about: _text,
    paused: _note,
    ...counts
  } = value as BatchProgress & Record<'about' | 'paused', unknown>;
  // Attempts of an earlier version did not count incomplete objects and folders.
  return { ...NOTHING_MOVED, ...counts, failures: failures.slice(0, MAX_FAILURES) };
}
