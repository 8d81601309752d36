import { CancelledFailure, Context } from '@temporalio/activity';
import {
  type BatchProgress,
  type BatchScope,
  destinationPath,
  isFaultOfTask,
  LARGE_OBJECT,
  type TaskPlan,
} from '../src/object-task/index.ts';
import { blame, compareUtf8, type ObjectEntry, type ObjectStore } from '../src/stores/index.ts';
import { type MoveOptions, moveEachObject } from '../src/transfer/index.ts';
import { BatchAttempt } from './batch-attempt.ts';
import type { Dependencies } from './dependencies.ts';
import { toFailure } from './failures.ts';
import { lastingLease } from './lease.ts';
import { objectsOf } from './region-of.ts';
import { heartbeating } from './step.ts';

/**
 * Moves a batch of small objects, each one whole or not at all.
 * - A fault that concerns only one object is put on record, and the other objects are still moved.
 * - A fault that concerns all objects (`isFaultOfTask`) ends the attempt. The next attempt goes on after the
 *   last object that was flushed.
 */
export async function moveSmallObjects(
  deps: Dependencies,
  plan: TaskPlan,
  scope: BatchScope,
): Promise<BatchProgress> {
  const { cancellationSignal: signal } = Context.current();
  const source = objectsOf(deps.regions, plan.source.region);
  const destination = objectsOf(deps.regions, plan.destination.region);
  const attempt = new BatchAttempt(scope, destination);
  const heartbeat = () => attempt.heartbeat();
  const move = async () => {
    const entries = within(scope, source.list(plan.source.prefix, attempt.flushed.after, signal));
    const options = {
      ...moveOptions(deps, plan, { source, destination }),
      onWait: () => attempt.noteWait(),
      signal,
      confirm: lastingLease(deps.client, heartbeat),
    };
    for await (const outcome of moveEachObject(entries, options)) await attempt.add(outcome);
    await attempt.flush();
    return attempt.flushed;
  };
  const end = async (error: unknown) => {
    // This is noted before the flush, because the time of the flush does not count as time without progress.
    const failedAt = Date.now();
    // If this flush fails, the next attempt moves every object again that was written since the last flush.
    if (!signal.aborted) await attempt.flush().catch(() => {});
    if (signal.aborted) throw new CancelledFailure(signal.reason.message, [attempt.flushed]);
    const stalledFor = attempt.stalledFor(failedAt);
    throw toFailure(blame('source', error), stalledFor, deps.limits.giveUpAfter, attempt.flushed);
  };
  return heartbeating(heartbeat, () => move().catch(end));
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

/** Yields the entries of a list that belong to the batch. */
async function* within(
  { up_to, except }: BatchScope,
  entries: AsyncIterable<ObjectEntry>,
): AsyncGenerator<ObjectEntry> {
  const large = new Set(except);
  for await (const entry of entries) {
    if (compareUtf8(entry.path, up_to) > 0) return;
    if (!large.has(entry.path)) yield entry;
    // An entry whose name is not UTF-8 has a fault. Several such entries may have the same path, because each
    // unreadable byte is shown by the same character. So more entries of this path may follow.
    if (entry.path === up_to && entry.fault === undefined) return;
  }
}
