import {
  CancellationScope,
  CancelledFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  patched,
  setHandler,
  sleep,
  TemporalFailure,
} from '@temporalio/workflow';
import {
  CANCEL_SIGNAL,
  type CancelRecord,
  type CopyRequest,
  type Fault,
  isCancellable,
  JOB_DETAILS_QUERY,
  type JobDetails,
  LIMIT_BANDWIDTH,
  REQUEST_CANCEL_UPDATE,
} from '../src/copy-job/index.ts';
import { CopySaga } from './copy-saga.ts';
import { failureOf } from './faults.ts';
import { JobRecord } from './job-record.ts';
import { bytesSoFar, closeAsCanceled } from './steps.ts';

const cancelSignal = defineSignal<[unknown]>(CANCEL_SIGNAL);
const requestCancelUpdate = defineUpdate<JobDetails, [unknown]>(REQUEST_CANCEL_UPDATE);
const limitSignal = defineSignal<[unknown]>(LIMIT_BANDWIDTH);
const limitUpdate = defineUpdate<JobDetails, [unknown]>(LIMIT_BANDWIDTH);
const jobDetailsQuery = defineQuery<JobDetails>(JOB_DETAILS_QUERY);

/**
 * How long a cancel by force waits for the transfer's last report, which says how far the transfer has come.
 * If the worker is dead, the report never comes.
 */
const MAX_LAST_REPORT = '2s';

/**
 * Copies an image to another region. A copy that fails or is cancelled leaves nothing at the destination.
 *
 * - Signal `cancel` and update `requestCancel` (both with an optional `{reason, requested_by, force}`), or a
 *   native cancellation: the job ends as `canceled` and closes as Canceled when nothing of the copy is left.
 *   A cancel that is accepted before the status `replicated` is on record always wins.
 * - With `force`, the job ends at once and leaves the removal to a workflow `cleanUp`. A client MAY send
 *   `force` after an earlier cancel, for example if the destination hangs.
 * - Signal and update `limitBandwidth` (with a number of bytes a second, or `null` for no limit): limits the
 *   transfer, even while it is running.
 * - Query `jobDetails`: returns the job's details.
 *
 * @returns the details of a job that is `replicated`
 * @throws ApplicationFailure whose type is the fault's code and whose first detail is the fault
 */
export async function copyImage(request: CopyRequest): Promise<JobDetails> {
  const job = new JobRecord();
  const rootScope = CancellationScope.current();
  const workScope = new CancellationScope();
  setHandler(jobDetailsQuery, () => job.details);
  setHandler(limitSignal, (limit) => job.limitBandwidth(limit));
  setHandler(
    limitUpdate,
    (limit) => {
      job.limitBandwidth(limit);
      return job.details;
    },
    { validator: (limit: unknown) => job.assertLimitable(limit) },
  );
  const forcedEnd = handleCancels(job, rootScope, workScope);
  return CancellationScope.nonCancellable(async () => {
    const saga = new CopySaga(job);
    // After a cancel by force, `forcedEnd` resolves even if the saga hangs. Whichever comes first, the job
    // then ends as canceled.
    const fault = await Promise.race([saga.run(request, workScope), forcedEnd]);
    return close(job, saga, fault, rootScope);
  });
}

/**
 * Registers the handlers of all kinds of cancels. Each cancel stops the work. Returns a promise that resolves
 * when a cancel by force requires the job to end, even if the work has not stopped.
 */
function handleCancels(
  job: JobRecord,
  rootScope: CancellationScope,
  workScope: CancellationScope,
): Promise<null> {
  const endNow = Promise.withResolvers<null>();
  // Cancels the work. After a cancel by force, also ends the job: at once, or, with `afterLastReport`, when
  // the transfer has had time for its last report.
  const stop = async ({ afterLastReport }: { readonly afterLastReport: boolean }) => {
    workScope.cancel();
    if (!job.isForced) return;
    if (afterLastReport) await waitForLastReport(job);
    endNow.resolve(null);
  };
  const stopTransfer = () => {
    const afterLastReport = job.isForced && patched('last-word-of-transfer');
    // Only heartbeats say how far the transfer has come, and the cancel ends them. So the last heartbeat is
    // read before the cancel.
    return noteBytes(job).finally(() => stop({ afterLastReport }));
  };
  const cancel = (via: CancelRecord['via'], request?: unknown) => {
    job.requestCancel(via, request);
    // Jobs of an earlier version kept the status `cancel_requested` until nothing was left of the copy.
    if (job.isDiscarding && patched('canceling-while-discarding'))
      job.setAndPublish({ status: 'canceling', fault: null });
    const isMoving = job.details.phase === 'transfer' && patched('progress-before-cancel');
    const stopped = isMoving ? stopTransfer() : stop({ afterLastReport: false });
    stopped.catch(ignoreCancellation);
  };
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
  rootScope.cancelRequested.catch(() => {
    if (isCancellable(job.status)) cancel('native');
  });
  return endNow.promise;
}

/** Gives the transfer time to stop and to report how far it has come. */
async function waitForLastReport(job: JobRecord): Promise<void> {
  await sleep(MAX_LAST_REPORT);
  // The transfer has not ended in time, but it may have sent another heartbeat after the cancel.
  if (job.details.phase === 'transfer' && patched('last-heartbeat-for-last-word')) await noteBytes(job);
}

/** Ignores the cancellation of a timer. An unhandled cancellation would fail the Workflow Task. */
function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

/**
 * Reads from the last heartbeat how many bytes the transfer has moved, and puts the number on record. A
 * failed look-up counts as 0 bytes.
 */
async function noteBytes(job: JobRecord): Promise<void> {
  const bytes_copied = await CancellationScope.nonCancellable(() => bytesSoFar()).catch((error) => {
    if (!(error instanceof TemporalFailure)) throw error;
    return 0;
  });
  // The number has to be in the memo: once the transfer is cancelled, the number may be nowhere else.
  job.setAndPublish({ bytes_copied });
}

/**
 * Ends the workflow. Returns the details if the job is replicated; throws otherwise.
 * @param fault the fault that has stopped the copy; `null` if there was none, or if a cancel by force came
 * first
 */
async function close(
  job: JobRecord,
  saga: CopySaga,
  fault: Fault | null,
  rootScope: CancellationScope,
): Promise<JobDetails> {
  if (job.status === 'replicated') return job.details;
  // The status says whether a cancel was accepted. If none was, the job ends with the fault.
  if (fault !== null && isCancellable(job.status)) {
    job.setAndPublish({ status: 'error', phase: null, destination_image_id: null });
    throw failureOf(fault);
  }
  if (job.isForced) await saga.handOver();
  // Only a job of an earlier version still has this status here.
  else if (job.status === 'cancel_requested') job.setAndPublish({ status: 'canceling', fault: null });
  job.setAndPublish({ status: 'canceled', phase: null, fault: null, destination_image_id: null });
  // Only a native cancellation lets a workflow close as Canceled. A workflow cannot request its own native
  // cancellation, so an activity requests it.
  if (!rootScope.consideredCancelled) await closeAsCanceled();
  await rootScope.cancelRequested.catch(() => {});
  throw new CancelledFailure('the job was cancelled');
}
