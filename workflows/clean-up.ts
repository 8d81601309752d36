import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ParentClosePolicy,
  patched,
  setCurrentDetails,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { DestinationRef } from '../activities/index.ts';
import {
  CLEAN_UP,
  type CopyPlan,
  cleanUpIdOf,
  cleanUpSearchAttributes,
  JOB_MEMO,
  type JobDetails,
} from '../src/copy-job/index.ts';
import { labelOf } from '../src/text/index.ts';
import { assertInput } from './input.ts';
import { storeSteps } from './steps.ts';

/** A copy to remove: its plan, and a reference to anything that may exist of it at the destination. */
export interface Leftovers {
  readonly plan: CopyPlan;
  readonly ref: DestinationRef;
}

/**
 * Removes everything that a job has left at its destination after a cancel by force. Retries without end, and
 * ignores a native cancellation: nobody else would remove the rest at once.
 *
 * Begins after one heartbeat timeout. By then, every attempt has learned from a heartbeat that the job has
 * closed, unless its process is frozen or cut off. (An attempt that hangs for longer while it reserves the
 * image removes its reservation itself.) If a reset has made another run of the job, the removal waits until
 * that run has closed.
 * @throws ApplicationFailure `invalid_request` naming the first field of the input that is wrong
 */
export async function cleanUp(leftovers: Leftovers): Promise<void> {
  assertInput(leftovers, {
    'plan.destination.region': 'string',
    'plan.task_queue': 'string',
    'plan.heartbeat_timeout': 'number',
    'plan.no_worker_timeout': 'number',
    'plan.source.region': 'string',
    'plan.source.image_id': 'string',
    'plan.destination.image_id': 'string',
    'ref.image_id': 'string',
    'ref.mark': 'string',
  });
  // A clean-up of an earlier version stopped when it was cancelled.
  if (patched('clean-up-ignores-cancels'))
    await CancellationScope.nonCancellable(() => removeLeftovers(leftovers));
  else await removeLeftovers(leftovers);
}

async function removeLeftovers({ plan, ref }: Leftovers): Promise<void> {
  const place = `${labelOf(ref.image_id)} in ${labelOf(plan.destination.region)}`;
  setCurrentDetails(`**waiting** until nobody writes to ${place} any more`);
  await sleep(plan.heartbeat_timeout);
  setCurrentDetails(`**cleaning up** ${place}, for a job that was cancelled by force`);
  const { parent } = workflowInfo();
  const forced = parent && { workflow_id: parent.workflowId, run_id: parent.runId };
  await storeSteps(plan).discardImage(plan, ref, forced);
  setCurrentDetails(`nothing is left of ${place}`);
}

/**
 * Starts the workflow `cleanUp` for a job that is about to end. Returns when `cleanUp` has started: from then
 * on, it no longer depends on the job.
 */
export async function startCleanUp(leftovers: Leftovers, job: JobDetails): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  try {
    await startAs(cleanUpIdOf(workflowId, leftovers.ref.mark), leftovers, job);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // An earlier run of the job was cancelled by force too, and its clean-up still runs under the first id.
    // It may leave something that this run has made. So this run starts a second clean-up.
    await startAs(cleanUpIdOf(workflowId, runId), leftovers, job);
  }
}

async function startAs(workflowId: string, leftovers: Leftovers, job: JobDetails): Promise<void> {
  const { region, image_id } = leftovers.plan.destination;
  await startChild<typeof cleanUp>(CLEAN_UP, {
    args: [leftovers],
    workflowId,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `clean up ${labelOf(`${region}/${image_id}`)}`,
    memo: {
      [JOB_MEMO]: { ...job, status: 'canceled', phase: null, fault: null, destination_image_id: null },
    },
    typedSearchAttributes: cleanUpSearchAttributes(leftovers.plan),
  });
}
