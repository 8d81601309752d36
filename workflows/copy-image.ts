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
 * How long a cancel by force waits for the transfer to report how far it has come: until the transfer stops,
 * it moves more than was noted before. A transfer whose worker is dead reports nothing, but may have sent
 * another heartbeat.
 */
const MAX_LAST_WORD = '2s';

/**
 * Copies an image to another region. A copy that fails or is cancelled leaves nothing at the destination.
 *
 * - Signal `cancel` and update `requestCancel` (both with an optional `{reason, requested_by, force}`), or a
 *   native cancellation: the job ends as `canceled` and closes as Canceled when nothing of the copy is left.
 *   A cancel that is accepted before the commit is on record always wins.
 * - With `force`, the job does not wait for that, but leaves it to a workflow `cleanUp`. A client MAY also
 *   use `force` when the destination hangs while an earlier cancel is being done.
 * - Signal and update `limitBandwidth` (with a number of bytes a second, or `null`): limits the transfer,
 *   also one that is under way.
 * - Query `jobDetails`: returns the job's details.
 *
 * @returns the details of a job that is `replicated`
 * @throws ApplicationFailure whose type is the fault's code and whose first detail is the fault
 */
export async function copyImage(request: CopyRequest): Promise<JobDetails> {
  const job = new JobRecord();
  const execution = CancellationScope.current();
  const work = new CancellationScope();
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
  const ended = handleCancels(job, execution, work);
  return CancellationScope.nonCancellable(async () => {
    const saga = new CopySaga(job);
    // If the job is cancelled by force, it ends at once, without a fault.
    const fault = await Promise.race([saga.run(request, work), ended]);
    return close(job, saga, fault, execution);
  });
}

/**
 * Handles cancels of all kinds: each stops the work. Returns a promise that resolves when the job has to end
 * at once, whatever the work does.
 */
function handleCancels(job: JobRecord, execution: CancellationScope, work: CancellationScope): Promise<null> {
  const endNow = Promise.withResolvers<null>();
  const awaitLastWord = async () => {
    await sleep(MAX_LAST_WORD);
    // A transfer that tells no end may have sent another heartbeat after the cancel.
    if (job.details.phase === 'transfer' && patched('last-heartbeat-for-last-word')) await noteBytes(job);
  };
  const stop = (awaitsLastWord = false) => {
    work.cancel();
    if (!job.isForced) return;
    if (!awaitsLastWord) endNow.resolve(null);
    else
      awaitLastWord()
        .then(() => endNow.resolve(null))
        .catch(passOverCancellation);
  };
  const cancel = (via: CancelRecord['via'], request?: unknown) => {
    job.requestCancel(via, request);
    // Jobs of an earlier version went on as `cancel_requested` until nothing was left.
    if (job.isDiscarding && patched('canceling-while-discarding'))
      job.update({ status: 'canceling', fault: null });
    // The cancel ends the transfer's heartbeats, which alone tell how far it has come.
    if (job.details.phase === 'transfer' && patched('progress-before-cancel')) {
      const awaitsLastWord = job.isForced && patched('last-word-of-transfer');
      noteBytes(job).finally(() => stop(awaitsLastWord));
    } else stop();
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
  execution.cancelRequested.catch(() => {
    if (isCancellable(job.status)) cancel('native');
  });
  return endNow.promise;
}

/** Ignores the cancellation of a timer, which would fail the Workflow Task if nobody handled it. */
function passOverCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

/**
 * Finds out how far the current transfer has come, and puts it on record. A failed look-up counts as 0 bytes.
 */
async function noteBytes(job: JobRecord): Promise<void> {
  const bytes_copied = await CancellationScope.nonCancellable(() => bytesSoFar()).catch((error) => {
    if (!(error instanceof TemporalFailure)) throw error;
    return 0;
  });
  // This puts the number into the memo too: once the transfer is cancelled, nothing else may tell it.
  job.update({ bytes_copied });
}

/**
 * Ends the workflow: returns the details of a job that is replicated, and throws for any other.
 * @param fault the fault that has stopped the copy; `null` if there was none, or if the job does not wait for
 * the work
 */
async function close(
  job: JobRecord,
  saga: CopySaga,
  fault: Fault | null,
  execution: CancellationScope,
): Promise<JobDetails> {
  if (job.status === 'replicated') return job.details;
  if (fault !== null && isCancellable(job.status)) {
    job.update({ status: 'error', phase: null, destination_image_id: null });
    throw failureOf(fault);
  }
  if (job.isForced) await saga.handOver();
  else if (job.status === 'cancel_requested') job.update({ status: 'canceling', fault: null });
  job.update({ status: 'canceled', phase: null, fault: null, destination_image_id: null });
  if (!execution.consideredCancelled) await closeAsCanceled();
  await execution.cancelRequested.catch(() => {});
  throw new CancelledFailure('the job was cancelled');
}
