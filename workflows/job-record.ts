import type { SearchAttributeUpdatePair } from '@temporalio/common';
import {
  ApplicationFailure,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type CancelRecord,
  type CopyPlan,
  copyProgress,
  isCancellable,
  isFinal,
  isForcible,
  JOB_MEMO,
  JOB_STATUS_CONFLICT,
  type JobDetails,
  type JobStatus,
  parseCancelRequest,
  requestedDetails,
  requestedSearchAttributes,
  searchAttributes,
} from '../src/copy-job/index.ts';
import { describeJob } from './current-details.ts';

/** A job's details, and all the places where they can be seen: memo, search attributes, Web UI. */
export class JobRecord {
  #details: JobDetails;
  /** Whoever started us has put the request on record. */
  readonly #published: boolean;

  constructor() {
    const { workflowId, startTime, memo } = workflowInfo();
    this.#published = memo?.[JOB_MEMO] !== undefined;
    this.#details = (memo?.[JOB_MEMO] as JobDetails) ?? requestedDetails(workflowId, null, startTime);
  }

  get details(): JobDetails {
    return this.#details;
  }

  get status(): JobStatus {
    return this.#details.status;
  }

  /** Whether the job was cancelled, and is not to wait for its clean-up. */
  get isForced(): boolean {
    return this.#details.cancel?.force !== undefined;
  }

  /** Whether the copy has failed, or was cancelled, and what there is of it is being removed. */
  get isDiscarding(): boolean {
    return this.#details.phase === 'discard';
  }

  /** Takes the plan over. Whoever started us through the job service has published it already. */
  accept(plan: CopyPlan): void {
    if (this.#published || isFinal(this.status)) return;
    const { workflowId, startTime } = workflowInfo();
    const { status, cancel } = this.#details;
    this.#details = { ...requestedDetails(workflowId, plan, startTime), status, cancel };
    this.#publish([...requestedSearchAttributes(plan), { key: searchAttributes.status, value: status }]);
  }

  /** Takes changes over that need no event in history: the query and the Web UI show them. */
  note(changes: Partial<JobDetails>): void {
    if (isFinal(this.status)) return;
    this.#take(changes);
    setCurrentDetails(describeJob(this.#details));
  }

  /**
   * Takes changes over for all to see, with or without a worker. A job that has ended does not change any
   * more: of one that was cancelled by force, a step may still come to its end.
   */
  update(changes: Partial<JobDetails>): void {
    const before = this.#details;
    if (isFinal(before.status)) return;
    this.#take({ ...changes, updated_at: new Date().toISOString() });
    const moved = this.status !== before.status;
    this.#publish(moved ? [{ key: searchAttributes.status, value: this.status }] : []);
  }

  /** The copy goes on under another image id; the job's own id stays an alias of it. */
  replaceImage(imageId: string): void {
    if (isFinal(this.status)) return;
    this.#details = { ...this.#details, destination_image_id: null };
    this.#publish([{ key: searchAttributes.destinationImage, value: imageId }]);
  }

  /** Whether a cancel does not come too late: one by force may come later than others. */
  mayCancel(request: unknown): boolean {
    const { status, cancel } = this.#details;
    return isCancellable(status) || (isByForce(request) && isForcible(status, cancel));
  }

  /** Throws `JobStatusConflict` where a cancel comes too late. */
  assertCancellable(request: unknown): void {
    if (this.mayCancel(request)) return;
    throw ApplicationFailure.nonRetryable(`the job is ${this.status}`, JOB_STATUS_CONFLICT);
  }

  /** Puts on record that a cancel was accepted. */
  requestCancel(via: CancelRecord['via'], request: unknown): void {
    const requested_at = new Date().toISOString();
    const { status } = this;
    this.update({
      status: isCancellable(status) ? 'cancel_requested' : status,
      cancel: { via, ...parseCancelRequest(request), requested_at },
    });
  }

  #take(changes: Partial<JobDetails>): void {
    const { copy_progress, bytes_copied } = this.#details;
    const next = { ...this.#details, ...changes };
    const bytes = Math.max(next.bytes_copied, bytes_copied);
    const progress = copyProgress(next.status, bytes, next.image_size);
    this.#details = { ...next, bytes_copied: bytes, copy_progress: Math.max(progress, copy_progress) };
  }

  #publish(attributes: SearchAttributeUpdatePair[]): void {
    if (attributes.length > 0) upsertSearchAttributes(attributes);
    upsertMemo({ [JOB_MEMO]: this.#details });
    setCurrentDetails(describeJob(this.#details));
  }
}

function isByForce(request: unknown): boolean {
  return parseCancelRequest(request).force !== undefined;
}
