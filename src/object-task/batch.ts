import { MAX_FAILURES, type ObjectFailure } from './details.ts';

/** Bytes from which on an object is a copy of its own, which goes on in the middle after a crash. */
export const LARGE_OBJECT = 64 * 1024 * 1024;

export interface LargeObject {
  readonly path: string;
  readonly size: number;
  /** It arrives without some of its attributes, which the destination cannot hold. */
  readonly is_incomplete?: true;
}

/** Some of a task's objects: those after one path and up to another, without the large ones among them. */
export interface BatchScope {
  readonly after: string | null;
  readonly up_to: string;
  readonly except: readonly string[];
}

/** A piece of the list of a task's objects. */
export interface Batch {
  /** `null` where there is none. */
  readonly small: BatchScope | null;
  readonly large: readonly LargeObject[];
  /** The last path of the piece, behind which there may be more; `null` at the end of the list. */
  readonly next: string | null;
}

/** How far a batch of small objects has come; what it heartbeats, and what comes of it. */
export interface BatchProgress {
  /** Every object up to this path is done. */
  readonly after: string | null;
  readonly moved: number;
  readonly bytes: number;
  readonly failed: number;
  readonly failures: readonly ObjectFailure[];
  /** Of those that were moved, how many have lost attributes. */
  readonly incomplete: number;
  /** Empty folders, which are left out. */
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

/** Reads heartbeat details; `undefined` where they are not a batch's, which then begins anew. */
export function parseBatchProgress(value: unknown): BatchProgress | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { after, moved, bytes, failed, failures, moved_at } = value as Record<string, unknown>;
  if (after !== null && typeof after !== 'string') return undefined;
  if (![moved, bytes, failed, moved_at].every(Number.isSafeInteger) || !Array.isArray(failures)) {
    return undefined;
  }
  // Attempts of an earlier version have not counted what was left out.
  return { ...NOTHING_MOVED, ...(value as BatchProgress), failures: failures.slice(0, MAX_FAILURES) };
}
