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
import { detailOf, faultOf } from './faults.ts';
import { imageIdOf } from './image-id.ts';
import type { JobRecord } from './job-record.ts';
import { planCopy, storeSteps } from './steps.ts';

/** How many images a job tries to make, each in the place of one that is of no use, before it fails. */
const MAX_IMAGES = 3;

/** Runs the steps of one copy in their order, and undoes them. */
export class CopySaga {
  readonly #job: JobRecord;
  #plan: CopyPlan | null = null;
  /** Refers to anything that may exist of the copy at the destination; `null` while nothing can. */
  #mayExist: Leftovers | null = null;

  constructor(job: JobRecord) {
    this.#job = job;
  }

  /**
   * Makes the copy. If a fault or a cancel stops it, undoes it. Returns the fault; `null` if there was none.
   * @param scope the scope that a cancel of the job ends; undoing is not a part of it
   */
  async run(request: CopyRequest, scope: CancellationScope): Promise<Fault | null> {
    const job = this.#job;
    const fault = await this.#untilFault(() => scope.run(() => this.#copy(request)));
    if (job.isForced) return fault;
    // The job's status, not the fault, says if this is a cancel: the cancel of a dead worker's step surfaces
    // as a timeout, and a cancel during the commit may find no fault at all.
    if (fault === null && isCancellable(job.status)) {
      // From here on, a cancel comes too late.
      job.update({ status: 'replicated', phase: null });
      return null;
    }
    if (isCancellable(job.status)) job.update({ phase: 'discard', fault });
    else job.update({ status: 'canceling', phase: 'discard' });
    await this.#undo();
    return fault;
  }

  /** Makes the copy in five steps: plan, inspect, reserve, transfer, commit. */
  async #copy(request: CopyRequest): Promise<void> {
    const job = this.#job;
    const { firstExecutionRunId: mark, runId } = workflowInfo();
    // This comes before any local activity: a replay may find the activity's result before it has seen a
    // patch that was made after it.
    const undoesEarlierRuns = runId !== mark && patched('undo-earlier-runs');
    job.ask(request);
    const plan = await CancellationScope.nonCancellable(() => planCopy(request, imageIdOf(mark, 0)));
    this.#plan = plan;
    job.accept(plan);
    // The run before a reset may have made, and even committed, an image that this run does not know of.
    if (undoesEarlierRuns)
      this.#mayExist = { plan, ref: { ...plan.destination, mark, digests: { sha512: null, md5: null } } };

    job.note({ phase: 'inspect' });
    const image = await storeSteps(plan).inspectSource(plan);
    const { name, size } = image.record;
    job.note({ phase: 'prepare', source_image_name: name, image_size: size });

    for (const faults: Fault[] = []; ; ) {
      try {
        return await this.#make(withImageId(plan, faults.length), image);
      } catch (error) {
        faults.push(faultOf(error, plan));
        if (!mayReplace(plan, faults)) throw error;
        this.#noteProgress(error);
        await this.#undo();
        job.replaceImage(imageIdOf(mark, faults.length));
      }
    }
  }

  /** Reserves an image, fills it, and commits it. */
  async #make(plan: CopyPlan, image: InspectedImage): Promise<void> {
    const job = this.#job;
    const steps = storeSteps(plan);
    const { firstExecutionRunId: mark } = workflowInfo();
    const ref: DestinationRef = { ...plan.destination, mark, digests: digestsOf(image.record) };

    // This is set before the step: a step that seems to fail may still have created something.
    this.#mayExist = { plan, ref };
    await steps.prepareDestination(plan, ref, image.record);
    // If a job is cancelled, a step that can still succeed runs to its end.
    if (!isCancellable(job.status)) throw new CancelledFailure('the job was cancelled');

    job.update({ status: 'replicating', phase: 'transfer', destination_image_id: ref.image_id });
    const result = await steps.transferImage(plan, ref, image);
    const { bytes, verified_by, copied_by, server_refusal, ...digests } = result;

    const howCopied = { ...(copied_by && { copied_by }), ...(server_refusal && { server_refusal }) };
    job.update({ phase: 'commit', bytes_copied: bytes, sha512: digests.sha512, verified_by, ...howCopied });
    // A destination that computes no sha512 is recognised by the md5 that the source has for it.
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

  /** Does the work. Returns the fault that has ended it; `null` if there was none. */
  async #untilFault(work: () => Promise<void>): Promise<Fault | null> {
    try {
      await work();
      return null;
    } catch (error) {
      // A bug of ours is not a fault of the copy: it fails the Workflow Task until a worker without the bug
      // comes.
      if (!(error instanceof TemporalFailure)) throw error;
      this.#noteProgress(error);
      return faultOf(error, this.#plan);
    }
  }

  /** Reads from the error of a failed step how far the step had come, and puts that on record. */
  #noteProgress(error: unknown): void {
    const progress = parseProgress(detailOf(error));
    if (progress !== undefined) this.#job.note({ bytes_copied: progress.high_water });
  }
}

/**
 * Tells whether another image may do better, by the faults of all images that the job has tried to make. One
 * whose bytes the destination has received changed is sent once more.
 */
function mayReplace({ objects }: CopyPlan, faults: readonly Fault[]): boolean {
  const last = faults.at(-1);
  if (last === undefined || faults.length === MAX_IMAGES) return false;
  if (last.code === 'spoilt') return true;
  // An object has its path and no other.
  if (objects) return false;
  return isReceivedChanged(last) && faults.filter(isReceivedChanged).length === 1 && patched('send-again');
}

/** Tells whether a destination says that its digest is not that of what was sent: Glances do. */
function isReceivedChanged({ code, side }: Fault): boolean {
  return code === 'digest_mismatch' && side === 'destination';
}

/** Returns the plan for the image that follows a number of images that were given up. */
function withImageId(plan: CopyPlan, givenUp: number): CopyPlan {
  if (givenUp === 0) return plan;
  const image_id = imageIdOf(workflowInfo().firstExecutionRunId, givenUp);
  return { ...plan, destination: { ...plan.destination, image_id } };
}
