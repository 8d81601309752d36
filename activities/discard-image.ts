import { Context } from '@temporalio/activity';
import type { CopyPlan } from '../src/copy-job/index.ts';
import { atSide, type DestinationRef, type Watch } from '../src/stores/index.ts';
import { chainOf, mayHaveCompletedBefore, type RunRef } from '../src/temporal/index.ts';
import type { Dependencies } from './dependencies.ts';
import { attemptNumber } from './lease.ts';
import { storeOf } from './region-of.ts';

/**
 * Removes every trace of a copy.
 * @param forced the run of the job that has left this to another workflow. Once a reset has made another run of it, what
 * there is of the copy is that run's again, and stays.
 */
export async function discardImage(
  { regions, client, spool }: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  forced: RunRef | undefined,
  watch: Watch,
): Promise<void> {
  if (forced !== undefined) {
    const { state, lastRunId } = await chainOf(client, forced.workflow_id, ref.mark);
    if (state === 'open' || (lastRunId !== null && lastRunId !== forced.run_id)) return;
  }
  const attempt = attemptNumber();
  const mine = await undoable(client, ref, forced ?? presentRun());
  await atSide('destination', async () =>
    storeOf(regions, plan, 'destination').discard(mine, attempt, watch),
  );
  await spool?.remove(ref, attempt);
}

function presentRun(): RunRef {
  const { workflowId = '', runId = '' } = Context.current().info.workflowExecution ?? {};
  return { workflow_id: workflowId, run_id: runId };
}

/**
 * What a run may undo. One that a reset has made does not know how far the run before had come: it undoes a commit of that
 * one too, unless it has ended as replicated. Then the image is its owner's, whatever becomes of later runs.
 */
async function undoable(
  client: Dependencies['client'],
  ref: DestinationRef,
  run: RunRef,
): Promise<DestinationRef> {
  if (run.run_id === ref.mark) return ref;
  const { committing: _, ...committed } = ref;
  return (await mayHaveCompletedBefore(client, run)) ? committed : { ...ref, committing: true };
}
