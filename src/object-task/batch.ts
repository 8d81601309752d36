import { bytesText } from '../text/index.ts';
import { MAX_FAILURES, type ObjectFailure } from './details.ts';

/**
 * An object of this many bytes or more gets a copy of its own, which can go on in the middle after a crash.
 */
export const LARGE_OBJECT = 64 * 1024 * 1024;

export interface LargeObject {
  readonly path: string;
  readonly size: number;
  /** Present if the object arrives without some of its attributes, which the destination cannot hold. */
  readonly is_incomplete?: true;
}

/** A scope of small objects: those after one path and up to another, without the large ones among them. */
export interface BatchScope {
  readonly after: string | null;
  readonly up_to: string;
  readonly except: readonly string[];
}

/** One piece of the list of a task's objects. */
export interface Batch {
  /** The small objects of the piece; `null` if there are none. */
  readonly small: BatchScope | null;
  readonly large: readonly LargeObject[];
  /** The last path of the piece, after which there may be more; `null` at the end of the list. */
  readonly next: string | null;
}

/** The progress of a batch of small objects: its heartbeat details, and its result. */
export interface BatchProgress {
  /** Every object up to this path is done. */
  readonly after: string | null;
  readonly moved: number;
  readonly bytes: number;
  readonly failed: number;
  readonly failures: readonly ObjectFailure[];
  /** The number of moved objects that have lost attributes. */
  readonly incomplete: number;
  /** The number of empty folders, which are left out. */
  readonly folders: number;
  /** When an object was last done; milliseconds since the epoch. */
  readonly moved_at: number;
}

export const NOTHING_MOVED = {
  moved: 0,
  bytes: 0,
  failed: 0,
  failures: [],
  incomplete: 0,
  folders: 0,
} as const;

/** Tells in a line how far a batch is: `120 objects moved, 3.4 MiB, 2 failed`. */
export function batchText({ moved, bytes, failed }: BatchProgress): string {
  return `${moved} objects moved, ${bytesText(bytes)}, ${failed} failed`;
}

/** Reads heartbeat details. Returns `undefined` if they are not a batch's: the batch then begins anew. */
export function parseBatchProgress(value: unknown): BatchProgress | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { after, moved, bytes, failed, failures, moved_at } = value as Record<string, unknown>;
  if (after !== null && typeof after !== 'string') return undefined;
  if (![moved, bytes, failed, moved_at].every(Number.isSafeInteger) || !Array.isArray(failures)) {
    return undefined;
  }
  const { about: _text, ...counts } = value as BatchProgress & { readonly about?: unknown };
  // Attempts of an earlier version have not counted the objects that have lost attributes.
  return { ...NOTHING_MOVED, ...counts, failures: failures.slice(0, MAX_FAILURES) };
}
