import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  defineQuery,
  executeChild,
  isCancellation,
  makeContinueAsNewFunc,
  ParentClosePolicy,
  patched,
  setHandler,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { CopyRequest, JobDetails } from '../src/copy-job/index.ts';
import {
  type BatchScope,
  destinationPath,
  failureSummary,
  isFaultOfTask,
  type LargeObject,
  objectFailure,
  parseBatchProgress,
  TASK_DETAILS_QUERY,
  TASK_MEMO,
  type TaskDetails,
  type TaskPlan,
  type TaskRequest,
} from '../src/object-task/index.ts';
import { labelOf } from '../src/text/index.ts';
import { copyImage } from './copy-image.ts';
import { failureOf, faultOfCopy, faultOfFailure, reportedProgress } from './faults.ts';
import { assertInput } from './input.ts';
import { Slots } from './slots.ts';
import { planTask, taskSteps } from './steps.ts';
import { TaskRecord } from './task-record.ts';

const taskDetailsQuery = defineQuery<TaskDetails>(TASK_DETAILS_QUERY);

/** The query's description in the Web UI, and in `temporal workflow metadata`. */
const ABOUT_DETAILS =
  'What the task has moved. If the task stands still, the query does not show why, because a workflow does ' +
  'not learn of failed attempts: see the pending activities, or run `image-replicator tasks show`.';

/** The number of failures that the message of a failed task lists one by one. */
const MAX_LISTED_FAILURES = 10;
/** The largest numbers of batches of small objects, and of copies of large objects, that run at a time. */
const MAX_BATCHES = 2;
const MAX_COPIES = 4;
/**
 * The number of events in a run's history after which the task continues as a new run. Temporal begins to
 * warn at ten thousand.
 */
const MAX_HISTORY_LENGTH = 5000;

/**
 * Moves every object under a prefix to another region. Small objects are moved in batches, and each large
 * object by a child workflow `copyImage`. A fault that concerns only one object is put on record, and the
 * other objects are still moved.
 *
 * - Native cancellation: the running work stops and removes its unfinished objects. Objects that were moved
 *   stay. The task closes as Canceled, even if the work has come to its end meanwhile.
 * - Query `taskDetails`: returns the task's details. They do not say why a step is being retried.
 *
 * @param after the path after which this run goes on: the earlier runs are done with all objects up to it;
 * `null` for the first run
 * @returns the details of a task that has moved everything
 * @throws ApplicationFailure whose type is a fault's code, or `objects_failed`
 */
export async function moveObjects(request: TaskRequest, after: string | null = null): Promise<TaskDetails> {
  assertInput(request, { '': 'object' });
  if (after !== null) assertInput(after, { '': 'string' });
  const record = new TaskRecord(request);
  setHandler(taskDetailsQuery, () => record.details, { description: ABOUT_DETAILS });
  let plan: TaskPlan | null = null;
  let next: string | null;
  try {
    plan = await planTask(request);
    next = await new Mover(plan, record).moveAfter(after);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof TemporalFailure)) {
      record.publish();
      throw error;
    }
    if (isCancelled()) throw endAsCancelled(record);
    const fault = faultOfFailure(error, plan);
    record.publish(fault);
    throw failureOf(fault);
  }
  // A new run would not know of the cancel, so a task that is about to continue as new ends instead. Tasks of
  // an earlier version did so too, but did not notice a cancel after their last object.
  const endsAsCancelled = next === null ? isCancelled() : CancellationScope.current().consideredCancelled;
  if (endsAsCancelled) throw endAsCancelled(record);
  record.publish();
  if (next !== null) {
    // By default, the next run would get the memo with which this run was started.
    const memo = { [TASK_MEMO]: record.details };
    return makeContinueAsNewFunc<typeof moveObjects>({ memo })(request, next);
  }
  if (record.details.objects_failed === 0) return record.details;
  // The memo lists more failures than this message.
  const summary = failureSummary(record.details, MAX_LISTED_FAILURES);
  throw ApplicationFailure.nonRetryable(summary, 'objects_failed');
}

/**
 * Tells whether the task was cancelled. A cancelled task may still finish its work, or fail with an error
 * that is no cancellation, for example because the worker of a batch is dead. Tasks of an earlier version
 * then ended with that result or that error.
 */
function isCancelled(): boolean {
  return CancellationScope.current().consideredCancelled && patched('cancel-decides');
}

/** Publishes the details, and returns the error with which a cancelled task closes. */
function endAsCancelled(record: TaskRecord): CancelledFailure {
  record.publish();
  return new CancelledFailure('the task was cancelled');
}

/** Moves objects, several at a time. When `moveAfter` has returned or thrown, no work is running any more. */
class Mover {
  readonly #plan: TaskPlan;
  readonly #record: TaskRecord;
  readonly #scope = new CancellationScope();
  readonly #batches = new Slots(MAX_BATCHES);
  readonly #copies = new Slots(MAX_COPIES);
  #failure: unknown;

  constructor(plan: TaskPlan, record: TaskRecord) {
    this.#plan = plan;
    this.#record = record;
  }

  /**
   * Moves the objects whose paths follow `after`. Returns the path after which the next run has to go on;
   * `null` if all objects are done.
   */
  async moveAfter(after: string | null): Promise<string | null> {
    let next: string | null = after;
    try {
      next = await this.#scope.run(() => this.#moveAfter(after));
    } catch (error) {
      this.#fail(error);
    }
    await CancellationScope.nonCancellable(() => Promise.all([this.#batches.idle(), this.#copies.idle()]));
    if (this.#failure !== undefined) throw this.#failure;
    return next;
  }

  async #moveAfter(after: string | null): Promise<string | null> {
    const { listBatch } = taskSteps(this.#plan);
    let from = after;
    for (;;) {
      const { small, large, next } = await listBatch(this.#plan, from);
      if (small !== null) await this.#batches.run(() => this.#guarded(() => this.#moveSmall(small)));
      for (const object of large) await this.#copies.run(() => this.#guarded(() => this.#moveLarge(object)));
      const { continueAsNewSuggested, historyLength } = workflowInfo();
      if (next === null || continueAsNewSuggested || historyLength > MAX_HISTORY_LENGTH) return next;
      from = next;
    }
  }

  async #moveSmall(scope: BatchScope): Promise<void> {
    try {
      this.#record.add(await taskSteps(this.#plan).moveSmallObjects(this.#plan, scope));
    } catch (error) {
      const progress = parseBatchProgress(reportedProgress(error));
      if (progress !== undefined) this.#record.add(progress);
      throw error;
    }
  }

  async #moveLarge({ path, size, is_incomplete }: LargeObject): Promise<void> {
    const { source, destination } = this.#plan;
    const request: CopyRequest = {
      objects: true,
      source: { region: source.region, image_id: path },
      destination: { region: destination.region, image_id: destinationPath(this.#plan, path) },
    };
    try {
      const copy: JobDetails = await executeChild(copyImage, {
        args: [request],
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        staticSummary: `${labelOf(path)} (${size} bytes)`,
      });
      const incomplete = is_incomplete ? 1 : 0;
      this.#record.add({ moved: 1, bytes: copy.bytes_copied, failed: 0, failures: [], incomplete });
    } catch (error) {
      if (!(error instanceof ChildWorkflowFailure) || this.#scope.consideredCancelled) throw error;
      const fault = faultOfCopy(error, this.#plan);
      // Tasks of an earlier version put such a fault on record and went on.
      if (isFaultOfTask(fault.code) && patched('large-objects-end-tasks')) throw failureOf(fault);
      this.#record.add({ moved: 0, bytes: 0, failed: 1, failures: [objectFailure(path, fault)] });
    }
  }

  /** Does a piece of work. If it fails, cancels all others. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    await work().catch((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#scope.cancel();
  }
}
