import {
  CancellationScope,
  CancelledFailure,
  patched,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { DestinationRef, InspectedImage } from '../activities/index.ts';
import {
  type CopyPlan,
  type CopyRequest,
  type Fault,
  isCancellable,
  parseProgress,
} from '../src/copy-job/index.ts';
import { digestsOf } from '../src/image/index.ts';
import { type Leftovers, startCleanUp } from './clean-up.ts';
import { faultOfFailure, reportedProgress } from './faults.ts';
import { imageIdOf } from './image-id.ts';
import type { JobRecord } from './job-record.ts';
import { planCopy, storeSteps } from './steps.ts';

/**
 * The number of images that a job tries to make before it fails. Each image after the first replaces one that
 * became unusable, or that has received wrong bytes.
 */
const MAX_IMAGES = 3;

/** Runs the steps of one copy in order, and undoes them if the copy fails or is cancelled. */
export class CopySaga {
  readonly #job: JobRecord;
  #plan: CopyPlan | null = null;
  /**
   * Refers to anything that may exist of the copy at the destination; `null` as long as nothing can exist
   * there.
   */
  #mayExist: Leftovers | null = null;

  constructor(job: JobRecord) {
    this.#job = job;
  }

  /**
   * Makes the copy. If a fault or a cancel stops it, undoes it. Returns the fault; `null` if there was none.
   * @param scope the cancellation scope of the steps. A cancel of the job cancels it. The last undo runs
   * outside of this scope.
   */
  async run(request: CopyRequest, scope: CancellationScope): Promise<Fault | null> {
    const job = this.#job;
    const fault = await this.#untilFault(() => scope.run(() => this.#copy(request)));
    if (job.isForced) return fault;
    // Only the job's status says whether the job was cancelled. The fault does not: a cancelled step whose
    // worker is dead fails with a timeout, and a cancelled commit may still succeed.
    if (fault === null && isCancellable(job.status)) {
      // From here on, a cancel comes too late.
      job.setAndPublish({ status: 'replicated', phase: null });
      return null;
    }
    if (isCancellable(job.status)) job.setAndPublish({ phase: 'discard', fault });
    else job.setAndPublish({ status: 'canceling', phase: 'discard' });
    await this.#undo();
    return fault;
  }

  /** Plans the copy, and makes it by the steps inspect, prepare, transfer and commit. */
  async #copy(request: CopyRequest): Promise<void> {
    const job = this.#job;
    const { firstExecutionRunId: mark } = workflowInfo();
    const hasToUndoEarlierRuns = undoesEarlierRuns();
    job.fillInRequest(request);
    const plan = await CancellationScope.nonCancellable(() => planCopy(request, imageIdOf(mark, 0)));
    this.#plan = plan;
    job.fillInPlan(plan);
    if (hasToUndoEarlierRuns) this.#mayExist = leftByEarlierRuns(plan);

    job.setUnpublished({ phase: 'inspect' });
    const image = await storeSteps(plan).inspectSource(plan);
    const { name, size } = image.record;
    job.setUnpublished({ phase: 'prepare', source_image_name: name, image_size: size });

    // Each round tries to make one image. After a fault, the next round uses another image id.
    const faults: Fault[] = [];
    let copy = plan;
    for (;;) {
      try {
        return await this.#make(copy, image);
      } catch (error) {
        faults.push(faultOfFailure(error, plan));
        if (!mayReplace(plan, faults)) throw error;
        this.#noteProgress(error);
        // Until the next image is prepared, clients know only from the memo how far this one has come.
        if (patched('prepare-while-replacing')) job.setAndPublish({ phase: 'prepare' });
        await this.#undo();
        const image_id = imageIdOf(mark, faults.length);
        copy = { ...plan, destination: { ...plan.destination, image_id } };
        job.replaceImage(image_id);
      }
    }
  }

  /** Prepares an image, transfers the bytes into it, and commits it. */
  async #make(plan: CopyPlan, image: InspectedImage): Promise<void> {
    const job = this.#job;
    const steps = storeSteps(plan);
    const { firstExecutionRunId: mark } = workflowInfo();
    const ref: DestinationRef = { ...plan.destination, mark, digests: digestsOf(image.record) };

    // This is set before the step, because a step that seems to have failed may still have created something.
    this.#mayExist = { plan, ref };
    await steps.prepareDestination(plan, ref, image.record);
    // The job may have been cancelled during `prepareDestination`. A step that is cancelled, but still
    // succeeds, does not throw.
    if (!isCancellable(job.status)) throw new CancelledFailure('the job was cancelled');

    job.setAndPublish({ status: 'replicating', phase: 'transfer', destination_image_id: ref.image_id });
    const result = await steps.transferImage(plan, ref, image);
    const { bytes, verified_by, copied_by, server_refusal, ...digests } = result;

    const howCopied = { ...(copied_by && { copied_by }), ...(server_refusal && { server_refusal }) };
    job.setAndPublish({
      phase: 'commit',
      bytes_copied: bytes,
      sha512: digests.sha512,
      verified_by,
      ...howCopied,
    });
    // A destination that knows no sha512 recognises the copy by its md5. If the transfer has computed no md5,
    // the source's md5 is used.
    const md5 = digests.md5 ?? image.record.checksum;
    const copied = { ...ref, digests: { ...digests, md5 }, committing: true } as const;
    this.#mayExist = { plan, ref: copied };
    await steps.commitImage(plan, copied, image.record);
  }

  /** Removes anything that may exist of the copy at the destination. Returns when nothing is left. */
  async #undo(): Promise<void> {
    if (this.#mayExist === null) return;
    const { plan, ref } = this.#mayExist;
    await storeSteps(plan).discardImage(plan, ref);
  }

  /**
   * Leaves the removal of the copy to a workflow that outlives this one. Returns when that workflow has
   * begun.
   */
  async handOver(): Promise<void> {
    if (this.#mayExist !== null) await startCleanUp(this.#mayExist, this.#job.details);
  }

  /** Runs the work. Returns the fault with which the work failed; `null` if it succeeded. */
  async #untilFault(work: () => Promise<void>): Promise<Fault | null> {
    try {
      await work();
      return null;
    } catch (error) {
      // Any other error is a bug in this workflow. It has to fail the Workflow Task, which Temporal then
      // repeats until a worker without the bug takes it.
      if (!(error instanceof TemporalFailure)) throw error;
      this.#noteProgress(error);
      return faultOfFailure(error, this.#plan);
    }
  }

  /** Puts on record how many bytes a failed step had moved, if its error says so. */
  #noteProgress(error: unknown): void {
    const progress = parseProgress(reportedProgress(error));
    if (progress !== undefined) this.#job.setUnpublished({ bytes_copied: progress.high_water });
  }
}

/**
 * Tells whether a reset has made this run. The undo of such a run also removes what the earlier runs may have
 * made. MUST be called before the first local activity. If it were called later, a replay could get the
 * result of that activity before it gets the marker of this patch.
 */
function undoesEarlierRuns(): boolean {
  const { firstExecutionRunId, runId } = workflowInfo();
  return runId !== firstExecutionRunId && patched('undo-earlier-runs');
}

/** Returns a reference to the image that earlier runs may have made, and may even have committed. */
function leftByEarlierRuns(plan: CopyPlan): Leftovers {
  const { firstExecutionRunId: mark } = workflowInfo();
  return { plan, ref: { ...plan.destination, mark, digests: { sha512: null, md5: null } } };
}

/**
 * Tells whether the job may try again with another image id. It may in two cases:
 * - The last image became unusable.
 * - The destination reports, for the first time in this job, that the bytes arrived changed.
 */
function mayReplace({ objects }: CopyPlan, faults: readonly Fault[]): boolean {
  const last = faults.at(-1);
  if (last === undefined || faults.length === MAX_IMAGES) return false;
  if (last.code === 'spoilt') return true;
  // An object can have no other id: its id is its path.
  if (objects) return false;
  return isReceivedChanged(last) && faults.filter(isReceivedChanged).length === 1 && patched('send-again');
}

/**
 * Tells whether a fault says that the bytes arrived changed. A destination such as Glance reports this fault
 * when the digest that it has computed differs from the digest of the bytes that were sent.
 */
function isReceivedChanged({ code, side }: Fault): boolean {
  return code === 'digest_mismatch' && side === 'destination';
}
