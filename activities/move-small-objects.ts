import { CancelledFailure, Context } from '@temporalio/activity';
import { pMapIterable } from 'p-map';
import {
  type BatchProgress,
  type BatchScope,
  destinationPath,
  isFaultOfTask,
  LARGE_OBJECT,
  MAX_FAILURES,
  NOTHING_MOVED,
  type ObjectFailure,
  objectFailure,
  parseBatchProgress,
  type TaskPlan,
} from '../src/object-task/index.ts';
import { atSide, blame, compareUtf8, type ObjectEntry, StoreError } from '../src/stores/index.ts';
import type { Dependencies } from './dependencies.ts';
import { toFailure } from './failures.ts';
import { openObjectMemory } from './object-memory.ts';
import { objectsOf } from './region-of.ts';
import { heartbeating, queuedFor } from './step.ts';

const CONCURRENCY = 16;
/** How far those that are done may be ahead of one that takes its time. */
const LOOKAHEAD = 64;
/** How often what was written is made to stay; milliseconds. */
const FLUSH_INTERVAL = 5000;

interface Outcome {
  readonly path: string;
  readonly bytes: number;
  readonly failure: ObjectFailure | null;
}

/**
 * Moves a batch of small objects, each one whole or not at all. One that cannot be moved is put on record,
 * and the others go on; what may pass, or concerns all of them, ends the attempt, and the next one goes on
 * behind what is done.
 */
export async function moveSmallObjects(
  { regions, limits }: Dependencies,
  plan: TaskPlan,
  scope: BatchScope,
): Promise<BatchProgress> {
  const { info, cancellationSignal: signal } = Context.current();
  const source = objectsOf(regions, plan.source.region);
  const destination = objectsOf(regions, plan.destination.region);
  const resumed = parseBatchProgress(info.heartbeatDetails);
  let progress: BatchProgress =
    resumed === undefined
      ? { ...NOTHING_MOVED, after: scope.after, moved_at: Date.now() }
      : { ...resumed, moved_at: resumed.moved_at + queuedFor() };

  // What the next attempt need not move again.
  let kept = progress;
  let flushedAt = Date.now();
  const flush = async () => {
    await atSide('destination', () => destination.flush());
    kept = progress;
    flushedAt = Date.now();
  };
  let failedAt = 0;
  const memory = openObjectMemory(CONCURRENCY);
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const underWay = new Set<Promise<unknown>>();
  const move = async ({ path, size, fault }: ObjectEntry, into: Uint8Array): Promise<Outcome> => {
    try {
      stopped.throwIfAborted();
      if (fault !== undefined) throw fault;
      if (size >= LARGE_OBJECT) throw new StoreError('changed', 'it has grown while the task was running');
      const bytes = await atSide('source', () => source.read(path, into, stopped));
      const data = into.subarray(0, bytes);
      await atSide('destination', () => destination.write(destinationPath(plan, path), data, stopped));
      return { path, bytes, failure: null };
    } catch (error) {
      stopped.throwIfAborted();
      const met = blame('source', error);
      if (isFaultOfTask(met.code)) throw met;
      return { path, bytes: 0, failure: objectFailure(path, met) };
    }
  };
  const tracked = (entry: ObjectEntry) => {
    const moving = memory.lend(Math.min(entry.size, LARGE_OBJECT), (into) => move(entry, into));
    underWay.add(moving);
    const forget = () => underWay.delete(moving);
    moving.then(forget, forget);
    return moving;
  };
  try {
    return await heartbeating(
      () => kept,
      async () => {
        const entries = within(scope, source.list(plan.source.prefix, progress.after));
        const options = { concurrency: CONCURRENCY, backpressure: LOOKAHEAD };
        try {
          for await (const outcome of pMapIterable(entries, tracked, options)) {
            signal.throwIfAborted();
            progress = advanced(progress, outcome);
            if (Date.now() - flushedAt > FLUSH_INTERVAL) await flush();
          }
          await flush();
        } catch (error) {
          failedAt = Date.now();
          stop.abort(error);
          // Nothing may come to the destination after the attempt.
          await Promise.allSettled(underWay);
          // Where this fails too, the next attempt moves again what is done.
          if (!signal.aborted) await flush().catch(() => {});
          throw error;
        }
        return kept;
      },
    );
  } catch (error) {
    if (signal.aborted) throw new CancelledFailure(signal.reason.message, [kept]);
    // What each attempt moves anew gets nobody anywhere.
    const standing = failedAt - kept.moved_at;
    throw toFailure(blame('source', error), standing, limits.giveUpAfter, kept);
  } finally {
    memory.close();
  }
}

async function* within(
  { up_to, except }: BatchScope,
  entries: AsyncIterable<ObjectEntry>,
): AsyncGenerator<ObjectEntry> {
  const large = new Set(except);
  for await (const entry of entries) {
    if (compareUtf8(entry.path, up_to) > 0) return;
    if (!large.has(entry.path)) yield entry;
    // Names that are no UTF-8 may all be listed alike.
    if (entry.path === up_to && entry.fault === undefined) return;
  }
}

function advanced(progress: BatchProgress, { path, bytes, failure }: Outcome): BatchProgress {
  const done = { ...progress, after: path, moved_at: Date.now() };
  if (failure === null) return { ...done, moved: progress.moved + 1, bytes: progress.bytes + bytes };
  const failures = [...progress.failures, failure].slice(0, MAX_FAILURES);
  return { ...done, failed: progress.failed + 1, failures };
}
