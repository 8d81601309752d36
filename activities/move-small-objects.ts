import { CancelledFailure, Context } from '@temporalio/activity';
import {
  type BatchProgress,
  type BatchScope,
  batchText,
  destinationPath,
  isFaultOfTask,
  LARGE_OBJECT,
  MAX_FAILURES,
  NOTHING_MOVED,
  objectFailure,
  parseBatchProgress,
  type TaskPlan,
} from '../src/object-task/index.ts';
import { atSide, blame, compareUtf8, type ObjectEntry, type ObjectStore } from '../src/stores/index.ts';
import { type MoveOptions, moveEachObject, type ObjectOutcome } from '../src/transfer/index.ts';
import type { Dependencies } from './dependencies.ts';
import { toFailure } from './failures.ts';
import { lastingLease } from './lease.ts';
import { objectsOf } from './region-of.ts';
import { heartbeating, queuedFor } from './step.ts';

/** The time between two flushes of the written objects; milliseconds. */
const FLUSH_INTERVAL = 5000;

/**
 * Moves a batch of small objects, each one whole or not at all. If an object cannot be moved, the failure is
 * put on record, and the others are still moved. A fault that may pass, or that concerns all objects, ends
 * the attempt; the next attempt goes on after the last object that was flushed.
 */
export async function moveSmallObjects(
  deps: Dependencies,
  plan: TaskPlan,
  scope: BatchScope,
): Promise<BatchProgress> {
  const { cancellationSignal: signal } = Context.current();
  const source = objectsOf(deps.regions, plan.source.region);
  const destination = objectsOf(deps.regions, plan.destination.region);
  let progress = progressBefore(scope);
  // The progress at the last flush: the next attempt goes on from here.
  let kept = progress;
  let flushedAt = Date.now();
  const flush = async () => {
    await atSide('destination', () => destination.flush());
    kept = progress;
    flushedAt = Date.now();
  };
  // `about` comes first, because the Web UI shows the keys in this order.
  const details = () => ({ about: batchText(kept), ...kept });
  const confirm = lastingLease(deps.client, details);
  const move = async () => {
    const entries = within(scope, source.list(plan.source.prefix, progress.after));
    const options = moveOptions(deps, plan, { source, destination });
    // The time for which no memory is free does not count as time without progress.
    const onWait = () => {
      waitedFrom = Date.now();
    };
    for await (const outcome of moveEachObject(entries, { ...options, onWait, signal, confirm })) {
      progress = advanced(progress, outcome);
      if (Date.now() - flushedAt > FLUSH_INTERVAL) await flush();
    }
    await flush();
    return kept;
  };
  let failedAt = 0;
  let waitedFrom = 0;
  // If this flush fails, the next attempt moves again what has been written since the last flush.
  const flushAfterFault = async (error: unknown) => {
    failedAt = Date.now();
    if (!signal.aborted) await flush().catch(() => {});
    throw error;
  };
  try {
    return await heartbeating(details, () => move().catch(flushAfterFault));
  } catch (error) {
    if (signal.aborted) throw new CancelledFailure(signal.reason.message, [kept]);
    // Only flushed objects count as progress, because the next attempt moves all others again.
    const stalledFor = failedAt - Math.max(kept.moved_at, waitedFrom);
    throw toFailure(blame('source', error), stalledFor, deps.limits.giveUpAfter, kept);
  }
}

/** Returns the options that are the same in every attempt at a batch. */
function moveOptions(
  { links }: Dependencies,
  plan: TaskPlan,
  { source, destination }: { readonly source: ObjectStore; readonly destination: ObjectStore },
): Omit<MoveOptions, 'onWait' | 'signal' | 'confirm'> {
  const regions = [plan.source.region, plan.destination.region];
  return {
    source,
    destination,
    destinationPath: (path) => destinationPath(plan, path),
    largest: LARGE_OBJECT,
    endsAll: ({ code }) => isFaultOfTask(code),
    link: links.openForObjects({ from: source.endpoint, to: destination.endpoint, regions }),
    memory: links.memory,
  };
}

/** Returns the progress with which this attempt begins: that of the earlier attempts, if there were any. */
function progressBefore({ after }: BatchScope): BatchProgress {
  const resumed = parseBatchProgress(Context.current().info.heartbeatDetails);
  if (resumed === undefined) return { ...NOTHING_MOVED, after, moved_at: Date.now() };
  return { ...resumed, moved_at: resumed.moved_at + queuedFor() };
}

/** Yields the entries of a list that belong to the batch. */
async function* within(
  { up_to, except }: BatchScope,
  entries: AsyncIterable<ObjectEntry>,
): AsyncGenerator<ObjectEntry> {
  const large = new Set(except);
  for await (const entry of entries) {
    if (compareUtf8(entry.path, up_to) > 0) return;
    if (!large.has(entry.path)) yield entry;
    // An entry with a fault may share its path with others, because names that are not UTF-8 are shown alike.
    // So only an entry without a fault is surely the last one of its path.
    if (entry.path === up_to && entry.fault === undefined) return;
  }
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
