import { type CopyPlan, parseProgress, type SweepReport, type SweepRequest } from '../src/copy-job/index.ts';
import { planCopy } from '../src/copy-job/plan.ts';
import type { ImageRecord } from '../src/image/index.ts';
import type { Batch, BatchProgress, BatchScope, TaskPlan } from '../src/object-task/index.ts';
import { planTask } from '../src/object-task/plan.ts';
import type { DestinationRef, InspectedImage } from '../src/stores/index.ts';
import { lastHeartbeat, type RunRef } from '../src/temporal/index.ts';
import { commitImage } from './commit-image.ts';
import { currentRun } from './current-run.ts';
import type { Dependencies } from './dependencies.ts';
import { discardImage } from './discard-image.ts';
import { cancelAndAwait, deleteRecords } from './end-task.ts';
import { toFailure } from './failures.ts';
import { inspectSource } from './inspect-source.ts';
import { listBatch } from './list-batch.ts';
import { moveSmallObjects } from './move-small-objects.ts';
import { prepareDestination } from './prepare-destination.ts';
import { RunningTransfers } from './running-transfers.ts';
import { runStep } from './step.ts';
import { sweepRegion } from './sweep-region.ts';
import { type TransferResult, transferImage } from './transfer-image.ts';

export type { DestinationRef, InspectedImage } from '../src/stores/index.ts';
export type { Dependencies } from './dependencies.ts';
export type { TransferResult } from './transfer-image.ts';

/**
 * Returns the activities of the Task Queue `image-copy`. They work on jobs and tasks, and do not access any
 * store.
 */
export function createJobActivities(deps: Dependencies) {
  const { regions, limits, client } = deps;
  const planned = <T>(plan: () => T): T => {
    try {
      return plan();
    } catch (error) {
      throw toFailure(error, 0, limits.giveUpAfter);
    }
  };
  return {
    /** Checks a copy request, and returns its plan. This is a local activity, because it only computes. */
    planCopy: async (request: unknown, reservedImageId: string): Promise<CopyPlan> =>
      planned(() => planCopy(request, { regions, limits }, reservedImageId)),

    /** Checks a task's request, and returns its plan. This is a local activity, because it only computes. */
    planTask: async (request: unknown): Promise<TaskPlan> =>
      planned(() => planTask(request, { regions, limits })),

    /**
     * Returns how many bytes the current transfer of this workflow has moved, according to its last
     * heartbeat. This is a local activity.
     */
    async bytesSoFar(): Promise<number> {
      const { workflowId, runId } = currentRun();
      const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
      // While a job transfers, no other activity of it is pending.
      const [transfer] = raw.pendingActivities ?? [];
      const beat = await lastHeartbeat(transfer, client.options.loadedDataConverter);
      return parseProgress(beat)?.high_water ?? 0;
    },

    /** Cancels a workflow, and waits until it has closed. */
    cancelAndAwait: (workflowId: string): Promise<void> => cancelAndAwait(deps, workflowId),

    /** Deletes Temporal's records of a workflow and of its children. */
    deleteRecords: (workflowId: string): Promise<void> => deleteRecords(deps, workflowId),

    /**
     * Requests the native cancellation of the workflow that has called this activity. Without a native
     * cancellation, a workflow cannot close as Canceled.
     */
    async closeAsCanceled(): Promise<void> {
      const { workflowId, runId } = currentRun();
      await client.workflow.getHandle(workflowId, runId).cancel();
    },
  };
}

/**
 * Returns the activities of a region's Task Queues: the steps of copies and tasks that have their destination
 * in the region, and the region's sweep. Temporal MAY repeat each of them.
 */
export function createStoreActivities(deps: Dependencies) {
  const { limits, client } = deps;
  const running = new RunningTransfers();
  return {
    /** Reads the source's record, and pins its bytes: if they change, a later read of them fails. */
    inspectSource: (plan: CopyPlan): Promise<InspectedImage> =>
      runStep(client, limits.giveUpAfter, () => inspectSource(deps, plan)),

    /**
     * Reserves the image at the destination. No other step creates anything there, with one exception: after
     * a reset, a transfer may reserve the image again.
     */
    prepareDestination: (plan: CopyPlan, ref: DestinationRef, source: ImageRecord): Promise<void> =>
      runStep(client, limits.giveUpAfter, () => prepareDestination(deps, plan, ref, source)),

    /** Moves the image's bytes, and goes on where an earlier attempt has stopped. */
    transferImage: (plan: CopyPlan, ref: DestinationRef, image: InspectedImage): Promise<TransferResult> =>
      transferImage(deps, running, plan, ref, image),

    /** Makes the copy visible. `ref` holds the digests of the copied bytes. */
    commitImage: (plan: CopyPlan, ref: DestinationRef, source: ImageRecord): Promise<void> =>
      runStep(client, limits.giveUpAfter, (watch) => commitImage(deps, plan, ref, source, watch)),

    /** Lists the next objects of a task. */
    listBatch: (plan: TaskPlan, after: string | null): Promise<Batch> =>
      runStep(client, limits.giveUpAfter, ({ signal }) => listBatch(deps, plan, after, signal)),

    /** Moves a batch of small objects, and goes on after the last one that an earlier attempt has flushed. */
    moveSmallObjects: (plan: TaskPlan, scope: BatchScope): Promise<BatchProgress> =>
      moveSmallObjects(deps, plan, scope),

    /** Removes the leftovers of ended jobs from a region. */
    sweepRegion: (request: SweepRequest): Promise<SweepReport> => sweepRegion(deps, request),

    /** Removes the leftovers of the copy from its destination and the spool. This step is never given up. */
    discardImage: (plan: CopyPlan, ref: DestinationRef, forced?: RunRef): Promise<void> =>
      runStep(client, Number.POSITIVE_INFINITY, (watch) => discardImage(deps, plan, ref, forced, watch)),
  };
}

/** The activities of the Task Queue `image-copy`, as workflows call them. */
export type JobActivities = ReturnType<typeof createJobActivities>;
/** The activities of the regions' Task Queues, as workflows call them. */
export type StoreActivities = ReturnType<typeof createStoreActivities>;
