import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, setCurrentDetails, sleep, startChild, workflowInfo } from '@temporalio/workflow';
import type { DestinationRef } from '../activities/index.ts';
import {
  CLEAN_UP,
  type CopyPlan,
  cleanUpIdOf,
  cleanUpSearchAttributes,
  JOB_MEMO,
  type JobDetails,
} from '../src/copy-job/index.ts';
import { labelOf, storeSteps } from './steps.ts';

/** What there may be of a copy at its destination. */
export interface Leftovers {
  readonly plan: CopyPlan;
  readonly ref: DestinationRef;
}

/**
 * Removes what a job has left at its destination that was cancelled by force, however long it takes until the
 * destination can be reached. First it waits until every attempt of the job's steps counts as dead, and has
 * been told so: none is to write behind it. (What a `prepare` makes that hangs for longer, its attempt
 * removes.)
 */
export async function cleanUp({ plan, ref }: Leftovers): Promise<void> {
  const place = `\`${ref.image_id}\` in ${plan.destination.region}`;
  setCurrentDetails(`**waiting** until nobody writes to ${place} any more`);
  await sleep(plan.heartbeat_timeout);
  setCurrentDetails(`**cleaning up** ${place}, for a job that was cancelled by force`);
  const { parent } = workflowInfo();
  const forced = parent && { workflow_id: parent.workflowId, run_id: parent.runId };
  await storeSteps(plan).discardImage(plan, ref, forced);
  setCurrentDetails(`nothing is left of ${place}`);
}

/** Starts the clean-up of a job that is about to end; returns when it no longer needs the job. */
export async function startCleanUp(left: Leftovers, job: JobDetails): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  try {
    await startAs(cleanUpIdOf(workflowId, left.ref.mark), left, job);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // That of a run before, which was forced too, still goes on. It leaves this run alone.
    await startAs(cleanUpIdOf(workflowId, runId), left, job);
  }
}

async function startAs(workflowId: string, left: Leftovers, job: JobDetails): Promise<void> {
  const { region, image_id } = left.plan.destination;
  await startChild<typeof cleanUp>(CLEAN_UP, {
    args: [left],
    workflowId,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `clean up ${labelOf(`${region}/${image_id}`)}`,
    memo: {
      [JOB_MEMO]: { ...job, status: 'canceled', phase: null, fault: null, destination_image_id: null },
    },
    typedSearchAttributes: cleanUpSearchAttributes(left.plan),
  });
}
