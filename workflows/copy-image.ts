import {
  CancellationScope,
  CancelledFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  TemporalFailure,
  uuid4,
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
import { detailOf, failureOf, faultOf } from './faults.ts';
import { JobRecord } from './job-record.ts';
import { closeAsCanceled, planCopy, type StoreSteps, storeSteps } from './steps.ts';

const cancelSignal = defineSignal<[unknown]>(CANCEL_SIGNAL);
const requestCancelUpdate = defineUpdate<JobDetails, [unknown]>(REQUEST_CANCEL_UPDATE);
const jobDetailsQuery = defineQuery<JobDetails>(JOB_DETAILS_QUERY);

/**
 * Copies an image to another region: inspect, prepare, transfer, commit. What fails or is cancelled on the
 * way leaves nothing at the destination.
 *
 * - Signal `cancel` and update `requestCancel` (both with an optional `{reason, requested_by}`), or a native
 *   cancellation: the job ends as `canceled` and closes as Canceled. One that is accepted before the commit
 *   is on record always wins.
 * - Query `jobDetails`: the job's details.
 *
 * @returns the details of a job that is `replicated`
 * @throws ApplicationFailure whose type is the fault's code and whose first detail is the fault
 */
export async function copyImage(request: CopyRequest): Promise<JobDetails> {
  const job = new JobRecord();
  const execution = CancellationScope.current();
  const work = new CancellationScope();
  const cancel = (via: CancelRecord['via'], request?: unknown) => {
    job.requestCancel(via, request);
    work.cancel();
  };
  setHandler(jobDetailsQuery, () => job.details);
  setHandler(cancelSignal, (request) => {
    if (isCancellable(job.status)) cancel('signal', request);
  });
  setHandler(
    requestCancelUpdate,
    (request) => {
      cancel('update', request);
      return job.details;
    },
    { validator: (_request: unknown) => job.assertCancellable() },
  );
  execution.cancelRequested.catch(() => {
    if (isCancellable(job.status)) cancel('native');
  });

  return CancellationScope.nonCancellable(async () => {
    const copy = new Copy(job, request);
    const fault = await copy.attempt(work);
    // Not the fault but the job's status says whether this is a cancel: that of a dead worker surfaces as a
    // timeout, and one that came during the commit finds no fault at all.
    if (fault === null && isCancellable(job.status)) {
      job.update({ status: 'replicated', phase: null });
      return job.details;
    }
    if (isCancellable(job.status)) job.update({ phase: 'discard', fault });
    else job.update({ status: 'canceling', phase: 'discard' });
    await copy.undo();
    if (fault !== null && isCancellable(job.status)) {
      job.update({ status: 'error', phase: null, destination_image_id: null });
      throw failureOf(fault);
    }
    if (job.status === 'cancel_requested') job.update({ status: 'canceling', fault: null });
    job.update({ status: 'canceled', phase: null, destination_image_id: null });
    if (!execution.consideredCancelled) await closeAsCanceled();
    await execution.cancelRequested.catch(() => {});
    throw new CancelledFailure('the job was cancelled');
  });
}

/** Images in the making that may be spoilt, one after the other, before a job fails. */
const MOST_IMAGES = 3;

/** The steps on the good path, and what undoes them. */
class Copy {
  /** Removes what the copy has left at the destination so far. */
  undo: () => Promise<void> = async () => {};
  readonly #job: JobRecord;
  readonly #request: CopyRequest;
  #taskQueue = '';

  constructor(job: JobRecord, request: CopyRequest) {
    this.#job = job;
    this.#request = request;
  }

  /** Runs the steps in a scope that a cancel ends; gives the fault that stopped them. */
  async attempt(scope: CancellationScope): Promise<Fault | null> {
    try {
      await scope.run(() => this.#run());
      return null;
    } catch (error) {
      // A bug of ours is no fault of the copy's: it fails the Workflow Task until a worker without it comes.
      if (!(error instanceof TemporalFailure)) throw error;
      const progress = parseProgress(detailOf(error));
      if (progress !== undefined) this.#job.note({ bytes_copied: progress.high_water });
      return faultOf(error, this.#taskQueue);
    }
  }

  async #run(): Promise<void> {
    const job = this.#job;
    const plan = await CancellationScope.nonCancellable(() => planCopy(this.#request, uuid4()));
    this.#taskQueue = plan.task_queue;
    job.accept(plan);

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
    for (let left = MOST_IMAGES; ; ) {
      const steps = storeSteps(plan);
      const ref = { ...plan.destination, mark, digests: digestsOf(image.record) };
      try {
        return await this.#fill(steps, plan, ref, image);
      } catch (error) {
        left -= 1;
        if (left === 0 || faultOf(error, this.#taskQueue).code !== 'spoilt') throw error;
        await this.undo();
        plan = { ...plan, destination: { ...plan.destination, image_id: uuid4() } };
        job.replaceImage(plan.destination.image_id);
      }
    }
  }

  async #fill(steps: StoreSteps, plan: CopyPlan, ref: DestinationRef, image: InspectedImage): Promise<void> {
    const job = this.#job;
    // Before the step that needs it: a prepare that seems to fail may still have created something.
    this.undo = () => steps.discardImage(plan, ref);
    await steps.prepareDestination(plan, ref, image.record);
    // A cancel lets a step that can still succeed come to its end.
    if (!isCancellable(job.status)) throw new CancelledFailure('the job was cancelled');
    job.update({ status: 'replicating', phase: 'transfer', destination_image_id: ref.image_id });

    const { bytes, verified_by, ...digests } = await steps.transferImage(plan, ref, image);
    job.update({ phase: 'commit', bytes_copied: bytes, sha512: digests.sha512, verified_by });

    // A destination that computes no sha512 is recognised by the md5 that the source has for it.
    const md5 = digests.md5 ?? image.record.checksum;
    const copied = { ...ref, digests: { ...digests, md5 }, committing: true } as const;
    this.undo = () => steps.discardImage(plan, copied);
    await steps.commitImage(plan, copied, image.record);
  }
}
