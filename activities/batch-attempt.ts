import { Context } from '@temporalio/activity';
import {
  type BatchProgress,
  type BatchScope,
  batchText,
  MAX_FAILURES,
  NOTHING_MOVED,
  objectFailure,
  parseBatchProgress,
} from '../src/object-task/index.ts';
import { atSide, type ObjectStore } from '../src/stores/index.ts';
import type { ObjectOutcome } from '../src/transfer/index.ts';
import { countedFrom } from './step.ts';

/** The time between two flushes of the written objects; milliseconds. */
const FLUSH_INTERVAL = 5000;

/**
 * One attempt at a batch of small objects. The next attempt moves every object again that this attempt has
 * not flushed.
 */
export class BatchAttempt {
  readonly #destination: ObjectStore;
  /** The progress up to the last object that was written. */
  #written: BatchProgress;
  /** The progress at the last flush. The next attempt goes on from here. */
  #flushed: BatchProgress;
  #flushedAt = Date.now();

  constructor(scope: BatchScope, destination: ObjectStore) {
    this.#destination = destination;
    this.#written = progressBefore(scope);
    this.#flushed = this.#written;
  }

  get flushed(): BatchProgress {
    return this.#flushed;
  }

  /** Counts an object that is done, and flushes if the last flush is some seconds old. */
  async add(outcome: ObjectOutcome): Promise<void> {
    this.#written = advanced(this.#written, outcome);
    if (Date.now() - this.#flushedAt > FLUSH_INTERVAL) await this.flush();
  }

  async flush(): Promise<void> {
    await atSide('destination', () => this.#destination.flush());
    this.#flushed = this.#written;
    this.#flushedAt = Date.now();
  }

  /**
   * Restarts the count of the time without progress, also for the next attempt. MUST be called again and
   * again while the attempt waits for memory or for a limit of bandwidth.
   */
  noteWait(): void {
    const moved_at = Date.now();
    this.#written = { ...this.#written, moved_at };
    this.#flushed = { ...this.#flushed, moved_at };
  }

  /**
   * Returns the time without progress before `at`; milliseconds.
   * @param at milliseconds since the epoch
   */
  stalledFor(at: number): number {
    return at - this.#flushed.moved_at;
  }

  /** Returns the details of a heartbeat. `about` comes first: the Web UI shows the keys in this order. */
  heartbeat(): { readonly about: string } & BatchProgress {
    return { about: batchText(this.#flushed), ...this.#flushed };
  }
}

/** Returns the progress with which this attempt begins: that of the earlier attempts, if there were any. */
function progressBefore({ after }: BatchScope): BatchProgress {
  const resumed = parseBatchProgress(Context.current().info.heartbeatDetails);
  if (resumed === undefined) return { ...NOTHING_MOVED, after, moved_at: Date.now() };
  return { ...resumed, moved_at: countedFrom(resumed.moved_at) };
}

function advanced(progress: BatchProgress, outcome: ObjectOutcome): BatchProgress {
  const { path, bytes, fault, isIncomplete = false, isFolder = false } = outcome;
  const done = { ...progress, after: path, moved_at: Date.now() };
  if (isFolder) return { ...done, folders: progress.folders + 1 };
  if (fault === null) {
    const incomplete = progress.incomplete + (isIncomplete ? 1 : 0);
    return { ...done, moved: progress.moved + 1, bytes: progress.bytes + bytes, incomplete };
  }
  const failures = [...progress.failures, objectFailure(path, fault)].slice(0, MAX_FAILURES);
  return { ...done, failed: progress.failed + 1, failures };
}
