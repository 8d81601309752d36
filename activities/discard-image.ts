import type { CopyPlan } from '../src/copy-job/index.ts';
import { atSide, type Confirm, type DestinationRef, StoreError, type Watch } from '../src/stores/index.ts';
import { type Chain, chainOf, type RunRef } from '../src/temporal/index.ts';
import { currentRun, isFirstRun } from './current-run.ts';
import type { Dependencies } from './dependencies.ts';
import { undoableOf, withoutCommitted } from './earlier-runs.ts';
import { attemptNumber } from './lease.ts';
import { storeOf } from './region-of.ts';

/**
 * Removes the leftovers of a copy from its destination and from the worker's spool. A committed image is
 * removed only if nobody can be using it.
 * @param forced the run that was cancelled by force, if this is its clean-up; `undefined` if the job itself
 * undoes its copy
 * @throws StoreError `unavailable` in two cases, both after a cancel by force:
 * - The job was reset, and its new run has not closed yet.
 * - Right before a committed image is removed, a second look at the job's runs finds that the image has to
 *   stay.
 */
export async function discardImage(
  { regions, client, spool }: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  forced: RunRef | undefined,
  watch: Watch,
): Promise<void> {
  const findRemovable = async () =>
    forced === undefined
      ? removableByJob(client, ref)
      : removableAfterForce(client, ref, forced, await chainUnlessOpen(client, ref, forced));
  const removable = await findRemovable();
  const confirm: Confirm = async (since) => {
    await watch.confirm(since);
    if (forced === undefined) return;
    // If the job was reset in the meantime, a later run may have made the image.
    const now = await findRemovable();
    if (removable.committing && !now.committing) throw jobWasReset();
  };
  const attempt = attemptNumber();
  await atSide('destination', async () =>
    storeOf(regions, plan, 'destination').discard(removable, attempt, { ...watch, confirm }),
  );
  await spool?.remove(ref, attempt);
}

/** Returns a reference to what a run may remove when it undoes its own copy. */
async function removableByJob(client: Dependencies['client'], ref: DestinationRef): Promise<DestinationRef> {
  return isFirstRun(ref) ? ref : undoableOf(client, currentRun().workflowId, ref);
}

/**
 * Returns what Temporal knows of the runs of a job that was cancelled by force. Throws `unavailable` as long
 * as the last run has not closed.
 */
async function chainUnlessOpen(
  client: Dependencies['client'],
  { mark }: DestinationRef,
  { workflow_id }: RunRef,
): Promise<Chain> {
  const chain = await chainOf(client, workflow_id, mark);
  // If the last run is open, a reset has made it, and it copies again. If its history contains the start of
  // this clean-up, the run starts no clean-up of its own. So this clean-up waits until the run has closed,
  // and then removes the run's leftovers.
  if (chain.state === 'open')
    throw new StoreError('unavailable', 'the job was reset and is running again: waiting for its end');
  return chain;
}

function jobWasReset(): StoreError {
  return new StoreError('unavailable', 'the job was reset, and its image must not be removed any more');
}

/** If the last run has closed with one of these statuses, clients know that the job has made no image. */
const WITHOUT_IMAGE: ReadonlySet<string | null> = new Set(['CANCELLED', 'FAILED']);

/**
 * Returns a reference to what may be removed after a cancel by force. A committed image stays if somebody may
 * be using it. That is so in three cases:
 * - Any run may have ended as replicated.
 * - A reset has made a later run, which has closed with a status that is not in `WITHOUT_IMAGE`.
 * - Temporal does not know the job any more.
 */
async function removableAfterForce(
  client: Dependencies['client'],
  ref: DestinationRef,
  { workflow_id, run_id }: RunRef,
  { state, lastRunId, closedAs }: Chain,
): Promise<DestinationRef> {
  // Somebody may have deleted the records of the job's runs, or this clean-up may have been paused for longer
  // than Temporal keeps them. A run that Temporal has forgotten may have made an image that is in use.
  if (state === 'gone') return withoutCommitted(ref);
  const isLast = lastRunId === run_id;
  const hasLaterRun = lastRunId !== null && !isLast;
  if (hasLaterRun && !WITHOUT_IMAGE.has(closedAs)) return withoutCommitted(ref);
  const isOnlyRun = isLast && run_id === ref.mark;
  if (isOnlyRun) return ref;
  const undoable = await undoableOf(client, workflow_id, ref);
  // The clean-up of the last run also removes commits of other runs, as that run's own undo would have done.
  if (isLast) return undoable;
  // The clean-up of an earlier run removes at most that run's own commit.
  return undoable.committing ? ref : undoable;
}
