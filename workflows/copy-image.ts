import {
  CancellationScope,
  CancelledFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setHandler,
  sleep,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { DestinationRef, InspectedImage } from '../activities/index.ts';
import {
  CANCEL_SIGNAL,
  type CancelRecord,
  type CopyPlan,
  type CopyRequest,
  type Fault,
  isCancellable,
  JOB_DETAILS_QUERY,
  type JobDetails,
  parseProgress,
  REQUEST_CANCEL_UPDATE,
} from '../src/copy-job/index.ts';
import { digestsOf } from '../src/image/index.ts';
import { type Leftovers, startCleanUp } from './clean-up.ts';
import { detailOf, failureOf, faultOf } from './faults.ts';
import { imageIdOf } from './image-id.ts';
import { JobRecord } from './job-record.ts';
import { bytesSoFar, closeAsCanceled, planCopy, type StoreSteps, storeSteps } from './steps.ts';

const cancelSignal = defineSignal<[unknown]>(CANCEL_SIGNAL);
const requestCancelUpdate = defineUpdate<JobDetails, [unknown]>(REQUEST_CANCEL_UPDATE);
const jobDetailsQuery = defineQuery<JobDetails>(JOB_DETAILS_QUERY);

/**
 * How long a cancel by force waits for the transfer to say how far it has come: as it obeys, it shows more
 * than could be noted before. One whose worker is dead says nothing.
 */
const MAX_LAST_WORD = '2s';

/**
 * Copies an image to another region: inspect, prepare, transfer, commit. What fails or is cancelled on the
 * way leaves nothing at the destination.
 *
 * - Signal `cancel` and update `requestCancel` (both with an optional `{reason, requested_by, force}`), or a
 *   native cancellation: the job ends as `canceled` and closes as Canceled, when nothing of the copy is left.
 *   One that is accepted before the commit is on record always wins.
 * - With `force` it does not wait for that, but leaves it to a workflow `cleanUp`; also when the destination
 *   hangs while an earlier cancel is being done.
 * - Query `jobDetails`: the job's details.
 *
 * @returns the details of a job that is `replicated`
 * @throws ApplicationFailure whose type is the fault's code and whose first detail is the fault
 */
export async function copyImage(request: CopyRequest): Promise<JobDetails> {
  const job = new JobRecord();
  const execution = CancellationScope.current();
  const work = new CancellationScope();
  const forced = Promise.withResolvers<null>();
  const stop = (lastWord = false) => {
    work.cancel();
    if (!job.isForced) return;
    if (lastWord) sleep(MAX_LAST_WORD).then(() => forced.resolve(null));
    else forced.resolve(null);
  };
  const cancel = (via: CancelRecord['via'], request?: unknown) => {
    job.requestCancel(via, request);
    // Jobs of an earlier version went on as `cancel_requested` until nothing was left.
    if (job.isDiscarding && patched('canceling-while-discarding'))
      job.update({ status: 'canceling', fault: null });
    // The cancel ends the transfer's heartbeats, which alone tell how far it has come.
    if (job.details.phase === 'transfer' && patched('progress-before-cancel')) {
      const lastWord = job.isForced && patched('last-word-of-transfer');
      noteBytes(job).finally(() => stop(lastWord));
    } else stop();
  };
  setHandler(jobDetailsQuery, () => job.details);
  setHandler(cancelSignal, (request) => {
    if (job.mayCancel(request)) cancel('signal', request);
  });
  setHandler(
    requestCancelUpdate,
    (request) => {
      cancel('update', request);
      return job.details;
    },
    { validator: (request: unknown) => job.assertCancellable(request) },
  );
  execution.cancelRequested.catch(() => {
    if (isCancellable(job.status)) cancel('native');
  });

  return CancellationScope.nonCancellable(async () => {
    const copy = new Copy(job, request);
    const fault = await Promise.race([copy.end(work), forced.promise]);
    if (job.status === 'replicated') return job.details;
    if (fault !== null && isCancellable(job.status)) {
      job.update({ status: 'error', phase: null, destination_image_id: null });
      throw failureOf(fault);
    }
    if (job.isForced) await copy.handOver();
    else if (job.status === 'cancel_requested') job.update({ status: 'canceling', fault: null });
    job.update({ status: 'canceled', phase: null, fault: null, destination_image_id: null });
    if (!execution.consideredCancelled) await closeAsCanceled();
    await execution.cancelRequested.catch(() => {});
    throw new CancelledFailure('the job was cancelled');
  });
}

/** Puts on record how far the transfer has come that is under way, if it can be found out. */
async function noteBytes(job: JobRecord): Promise<void> {
  const bytes_copied = await CancellationScope.nonCancellable(() => bytesSoFar()).catch((error) => {
    if (!(error instanceof TemporalFailure)) throw error;
    return 0;
  });
  // For all to see: where no attempt runs, no word of the transfer is left once it is cancelled.
  job.update({ bytes_copied });
}

/** Images in the making that may be spoilt, one after the other, before a job fails. */
const MAX_IMAGES = 3;

/** The steps on the good path, and what undoes them. */
class Copy {
  /** What there may be of the copy at the destination. */
  #made: Leftovers | null = null;
  readonly #job: JobRecord;
  readonly #request: CopyRequest;
  #taskQueue = '';

  constructor(job: JobRecord, request: CopyRequest) {
    this.#job = job;
    this.#request = request;
  }

  /** Brings the copy to its end, good or bad: gives the fault that has stopped it, when it is undone. */
  async end(scope: CancellationScope): Promise<Fault | null> {
    const job = this.#job;
    const fault = await this.#attempt(scope);
    if (job.isForced) return fault;
    // Not the fault but the job's status says whether this is a cancel: that of a dead worker surfaces as a
    // timeout, and one that came during the commit finds no fault at all.
    if (fault === null && isCancellable(job.status)) {
      job.update({ status: 'replicated', phase: null });
      return null;
    }
    if (isCancellable(job.status)) job.update({ phase: 'discard', fault });
    else job.update({ status: 'canceling', phase: 'discard' });
    await this.#undo();
    return fault;
  }

  /** Leaves what there may be of the copy to a workflow that outlives this one. */
  async handOver(): Promise<void> {
    if (this.#made !== null) await startCleanUp(this.#made, this.#job.details);
  }

  /** Runs the steps in a scope that a cancel ends; gives the fault that stopped them. */
  async #attempt(scope: CancellationScope): Promise<Fault | null> {
    try {
      await scope.run(() => this.#run());
      return null;
    } catch (error) {
      // A bug of ours is no fault of the copy's: it fails the Workflow Task until a worker without it comes.
      if (!(error instanceof TemporalFailure)) throw error;
      this.#noteProgress(error);
      return faultOf(error, this.#taskQueue);
    }
  }

  /** Puts on record how far the step came that has failed. */
  #noteProgress(error: unknown): void {
    const progress = parseProgress(detailOf(error));
    if (progress !== undefined) this.#job.note({ bytes_copied: progress.high_water });
  }

  /** Removes what the copy has left at the destination so far. */
  async #undo(): Promise<void> {
    if (this.#made === null) return;
    const { plan, ref } = this.#made;
    await storeSteps(plan).discardImage(plan, ref);
  }

  async #run(): Promise<void> {
    const job = this.#job;
    const { firstExecutionRunId: mark, runId } = workflowInfo();
    // Before any local activity: a replay may find its result before it has seen what was patched after it.
    const undoesEarlierRuns = runId !== mark && patched('undo-earlier-runs');
    const plan = await CancellationScope.nonCancellable(() => planCopy(this.#request, imageIdOf(mark, 0)));
    this.#taskQueue = plan.task_queue;
    job.accept(plan);
    // The run before a reset may have made, and even committed, what this one does not know of.
    if (undoesEarlierRuns)
      this.#made = { plan, ref: { ...plan.destination, mark, digests: { sha512: null, md5: null } } };

    job.note({ phase: 'inspect' });
    const image = await storeSteps(plan).inspectSource(plan);
    const { name, size } = image.record;
    job.note({ phase: 'prepare', source_image_name: name, image_size: size });

    await this.#make(plan, image);
  }

  /** Makes the image; under another id where the one that was reserved can take no data any more. */
  async #make(reserved: CopyPlan, image: InspectedImage): Promise<void> {
    const job = this.#job;
    const mark = workflowInfo().firstExecutionRunId;
    let plan = reserved;
    for (let tries = 1; ; tries += 1) {
      const steps = storeSteps(plan);
      const ref = { ...plan.destination, mark, digests: digestsOf(image.record) };
      try {
        return await this.#fill(steps, plan, ref, image);
      } catch (error) {
        if (tries === MAX_IMAGES || faultOf(error, this.#taskQueue).code !== 'spoilt') throw error;
        this.#noteProgress(error);
        await this.#undo();
        plan = { ...plan, destination: { ...plan.destination, image_id: imageIdOf(mark, tries) } };
        job.replaceImage(plan.destination.image_id);
      }
    }
  }

  async #fill(steps: StoreSteps, plan: CopyPlan, ref: DestinationRef, image: InspectedImage): Promise<void> {
    const job = this.#job;
    // Before the step that needs it: a prepare that seems to fail may still have created something.
    this.#made = { plan, ref };
    await steps.prepareDestination(plan, ref, image.record);
    // A cancel lets a step that can still succeed come to its end.
    if (!isCancellable(job.status)) throw new CancelledFailure('the job was cancelled');
    job.update({ status: 'replicating', phase: 'transfer', destination_image_id: ref.image_id });

    const { bytes, verified_by, ...digests } = await steps.transferImage(plan, ref, image);
    job.update({ phase: 'commit', bytes_copied: bytes, sha512: digests.sha512, verified_by });

    // A destination that computes no sha512 is recognised by the md5 that the source has for it.
    const md5 = digests.md5 ?? image.record.checksum;
    const copied = { ...ref, digests: { ...digests, md5 }, committing: true } as const;
    this.#made = { plan, ref: copied };
    await steps.commitImage(plan, copied, image.record);
  }
}
