import { Context } from '@temporalio/activity';
import type { CopyPlan } from '../src/copy-job/index.ts';
import { atSide, type DestinationRef, StoreError, type Watch } from '../src/stores/index.ts';
import { type Chain, chainOf, mayHaveCompleted, type RunRef } from '../src/temporal/index.ts';
import type { Dependencies } from './dependencies.ts';
import { attemptNumber } from './lease.ts';
import { storeOf } from './region-of.ts';

/**
 * Removes every trace of a copy.
 * @param forced the run of the job that has left this to another workflow; `undefined` if the job itself
 * undoes its copy
 * @throws StoreError `unavailable` as long as a reset of a job that was forced goes on
 */
export async function discardImage(
  { regions, client, spool }: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  forced: RunRef | undefined,
  watch: Watch,
): Promise<void> {
  const find = async () =>
    forced === undefined
      ? removableByJob(client, ref)
      : removableAfterForce(client, ref, forced, await closedChain(client, ref, forced));
  const removable = await find();
  const confirm = async () => {
    await watch.confirm();
    if (forced === undefined) return;
    // The job may have been reset since, and a later run may have committed what is there.
    const now = await find();
    if (removable.committing && !now.committing) throw begunAnew();
  };
  const attempt = attemptNumber();
  await atSide('destination', async () =>
    storeOf(regions, plan, 'destination').discard(removable, attempt, { ...watch, confirm }),
  );
  await spool?.remove(ref, attempt);
}

/**
 * Returns a reference to what a run may undo of its own copy. A run that a reset has made does not know how
 * far the earlier runs had come: it undoes their commit too, unless one of them has ended as replicated. In
 * that case the image belongs to its owner, whatever happens to later runs.
 */
async function removableByJob(client: Dependencies['client'], ref: DestinationRef): Promise<DestinationRef> {
  const { workflowId = '', runId } = Context.current().info.workflowExecution ?? {};
  if (runId === ref.mark) return ref;
  return (await mayHaveCompleted(client, workflowId, ref.mark))
    ? sparingCommitted(ref)
    : { ...ref, committing: true };
}

/**
 * Returns the chain of runs of a job that was forced. Throws `unavailable` as long as its last run has not
 * closed.
 */
async function closedChain(
  client: Dependencies['client'],
  { mark }: DestinationRef,
  { workflow_id }: RunRef,
): Promise<Chain> {
  const chain = await chainOf(client, workflow_id, mark);
  // A reset goes on with the copy. It may have inherited this clean-up with its history, and then starts no
  // other.
  if (chain.state === 'open')
    throw new StoreError('unavailable', 'the job was reset and goes on: its end is waited for');
  return chain;
}

function begunAnew(): StoreError {
  return new StoreError('unavailable', 'the job was reset, and its image is no longer to be removed');
}

/** The closing statuses of runs that have told everybody that there is no image. */
const WITHOUT_IMAGE: ReadonlySet<string | null> = new Set(['CANCELLED', 'FAILED']);

/**
 * Returns a reference to what may be removed of a job that was forced. A committed image is not removed once
 * a run has ended as replicated, or if a later run was ended from outside: somebody may have begun to use it.
 */
async function removableAfterForce(
  client: Dependencies['client'],
  ref: DestinationRef,
  { workflow_id, run_id }: RunRef,
  { state, lastRunId, closedAs }: Chain,
): Promise<DestinationRef> {
  // A later run that had ended would have been seen before Temporal forgot this one.
  if (state === 'gone') return ref;
  const isLast = lastRunId === run_id;
  const isByLater = lastRunId !== null && !isLast;
  if (isByLater && !WITHOUT_IMAGE.has(closedAs)) return sparingCommitted(ref);
  if (isLast && run_id === ref.mark) return ref;
  if (await mayHaveCompleted(client, workflow_id, ref.mark)) return sparingCommitted(ref);
  return isLast ? { ...ref, committing: true } : ref;
}

function sparingCommitted({ committing: _, ...ref }: DestinationRef): DestinationRef {
  return ref;
}
