import type { SearchAttributeUpdatePair } from '@temporalio/common';
import {
  ApplicationFailure,
  metricMeter,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  askedDetails,
  type CancelRecord,
  type CopyPlan,
  cancelRequestProblem,
  copyProgress,
  INVALID_REQUEST,
  isCancellable,
  isFinal,
  isForcible,
  JOB_MEMO,
  JOB_STATUS_CONFLICT,
  JOB_STATUSES,
  JOBS_ENDED,
  type JobDetails,
  type JobStatus,
  parseCancelRequest,
  requestedDetails,
  requestedSearchAttributes,
  searchAttributes,
  undecodableProblem,
} from '../src/copy-job/index.ts';
import { describeJob } from './current-details.ts';
import { invalidInput } from './input.ts';

/** Holds a job's details, and publishes them in the memo, in the search attributes and in the Web UI. */
export class JobRecord {
  #details: JobDetails;
  /** `true` if the client that started the workflow has put the job in the memo. */
  readonly #isFromClient: boolean;

  /**
   * Starts from the details that the client has put in the memo, if any. Throws `invalid_request` if they are
   * not those of a job, or if that job has ended already.
   */
  constructor() {
    const { workflowId, startTime, memo } = workflowInfo();
    this.#isFromClient = memo?.[JOB_MEMO] !== undefined;
    const empty = requestedDetails(workflowId, null, startTime);
    this.#details = this.#isFromClient ? { ...empty, ...jobFrom(memo?.[JOB_MEMO]) } : empty;
  }

  get details(): JobDetails {
    return this.#details;
  }

  get status(): JobStatus {
    return this.#details.status;
  }

  /** `true` if the job was cancelled by force. It then ends without waiting for the removal of its copy. */
  get isForced(): boolean {
    return this.#details.cancel?.force !== undefined;
  }

  /** `true` if the copy has failed or was cancelled, and is being removed. */
  get isDiscarding(): boolean {
    return this.#details.phase === 'discard';
  }

  /**
   * Fills in the fields of the request. The job then shows them even if its request is refused. Does nothing
   * if the client has put the job in the memo.
   */
  fillInRequest(request: unknown): void {
    if (!this.#isFromClient) this.setUnpublished(askedDetails(request));
  }

  /**
   * Fills in and publishes the details that the plan contains. Does nothing if the client has put the job in
   * the memo, as the job service does.
   */
  fillInPlan(plan: CopyPlan): void {
    if (this.#isFromClient || isFinal(this.status)) return;
    const { workflowId, startTime } = workflowInfo();
    const { status, cancel, bandwidth_limit } = this.#details;
    this.#details = {
      ...requestedDetails(workflowId, plan, startTime),
      status,
      cancel,
      ...(bandwidth_limit !== undefined && { bandwidth_limit }),
    };
    this.#publish([...requestedSearchAttributes(plan), { key: searchAttributes.status, value: status }]);
  }

  /** Changes details without an event in the history. Only the query and the Web UI show such a change. */
  setUnpublished(changes: Partial<JobDetails>): void {
    if (isFinal(this.status)) return;
    this.#merge(changes);
    setCurrentDetails(describeJob(this.#details));
  }

  /**
   * Changes details and publishes them, so that clients see the change even if no worker runs. Does nothing
   * once the job has ended, because after a cancel by force a late step may still report.
   */
  setAndPublish(changes: Partial<JobDetails>): void {
    const before = this.#details;
    if (isFinal(before.status)) return;
    this.#merge({ ...changes, updated_at: new Date().toISOString() });
    const hasNewStatus = this.status !== before.status;
    if (hasNewStatus && isFinal(this.status)) countEnd(this.#details);
    this.#publish(hasNewStatus ? [{ key: searchAttributes.status, value: this.status }] : []);
  }

  /**
   * Publishes the id of the image that replaces the job's earlier image. The id becomes a search attribute,
   * by which clients find the job. They also still find the job by its own id.
   */
  replaceImage(imageId: string): void {
    if (isFinal(this.status)) return;
    this.#details = { ...this.#details, destination_image_id: null };
    this.#publish([{ key: searchAttributes.destinationImage, value: imageId }]);
  }

  /**
   * Tells whether the job can still be cancelled. A cancel by force is accepted for longer than other
   * cancels.
   */
  mayCancel(request: unknown): boolean {
    const { status, cancel } = this.#details;
    return isCancellable(status) || (isByForce(request) && isForcible(status, cancel));
  }

  /**
   * Throws `invalid_request` if a request to cancel is malformed, and `JobStatusConflict` if it comes too
   * late.
   */
  assertCancellable(request: unknown): void {
    const problem = cancelRequestProblem(request);
    if (problem !== null) throw ApplicationFailure.nonRetryable(problem, INVALID_REQUEST);
    if (this.mayCancel(request)) return;
    throw ApplicationFailure.nonRetryable(`the job is ${this.status}`, JOB_STATUS_CONFLICT);
  }

  /**
   * Throws `invalid_request` if a value is not a limit of bandwidth, and `JobStatusConflict` if the job has
   * ended.
   */
  assertLimitable(limit: unknown): void {
    if (!isLimit(limit)) throw ApplicationFailure.nonRetryable(`input: ${LIMIT_IN_WORDS}`, INVALID_REQUEST);
    if (isFinal(this.status))
      throw ApplicationFailure.nonRetryable(`the job is ${this.status}`, JOB_STATUS_CONFLICT);
  }

  /**
   * Puts a limit of bandwidth on record, where the transfer looks for it. Ignores a value that is not a
   * limit.
   */
  limitBandwidth(limit: unknown): void {
    if (isLimit(limit)) this.setAndPublish({ bandwidth_limit: limit });
  }

  /** Puts on record that a cancel was accepted. */
  requestCancel(via: CancelRecord['via'], request: unknown): void {
    const requested_at = new Date().toISOString();
    const { status } = this;
    this.setAndPublish({
      status: isCancellable(status) ? 'cancel_requested' : status,
      cancel: { via, ...parseCancelRequest(request), requested_at },
    });
  }

  #merge(changes: Partial<JobDetails>): void {
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

/**
 * Checks the job that the client has put in the memo, and returns it. A client of an earlier version may have
 * put fewer fields there.
 */
function jobFrom(memo: unknown): Partial<JobDetails> {
  const field = `memo.${JOB_MEMO}`;
  const undecodable = undecodableProblem(memo);
  if (undecodable !== undefined) throw invalidInput(field, undecodable);
  const { status, bytes_copied = 0, cancel = null } = (memo ?? {}) as Partial<JobDetails>;
  if (status === undefined || !JOB_STATUSES.includes(status))
    throw invalidInput(`${field}.status`, `has to be one of: ${JOB_STATUSES.join(', ')}`);
  if (isFinal(status))
    throw invalidInput(`${field}.status`, `is '${status}', but no job begins with that status`);
  if (typeof bytes_copied !== 'number') throw invalidInput(`${field}.bytes_copied`, 'has to be a number');
  if (typeof cancel !== 'object') throw invalidInput(`${field}.cancel`, 'has to be an object');
  return memo as Partial<JobDetails>;
}

/** Counts a job that has ended in the worker's metrics. A replay does not count it again. */
function countEnd({ status, source_region_id, destination_region_id }: JobDetails): void {
  const [name, description] = JOBS_ENDED;
  metricMeter.createCounter(name, undefined, description).add(1, {
    status,
    source_region: source_region_id ?? '-',
    destination_region: destination_region_id ?? '-',
  });
}

const LIMIT_IN_WORDS = 'has to be a number of bytes a second above 0, or null';

function isLimit(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isFinite(value) && value > 0);
}

function isByForce(request: unknown): boolean {
  return parseCancelRequest(request).force !== undefined;
}
