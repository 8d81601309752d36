import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal } from '../copy-job/index.ts';
import { JobError, type JobService, type JobView, OPERATOR } from '../job-service/index.ts';
import { type Progress, progressBar } from './bar.ts';

/** The time between two looks at the job; milliseconds. */
const INTERVAL = 250;
/** How long Temporal may be unreachable while a job is watched; milliseconds. */
const MAX_AWAY = 5 * 60_000;

/**
 * Waits for the end of a job, and returns the job. Shows a progress bar if `withBar` is `true`. Goes on
 * waiting if Temporal is unreachable for up to five minutes.
 * @throws the signal's reason once it is aborted
 */
export async function watchJob(
  jobs: JobService,
  jobId: string,
  withBar: boolean,
  signal: AbortSignal,
): Promise<JobView> {
  const bar = withBar ? progressBar(process.stdout) : undefined;
  const interrupted = Promise.withResolvers<never>();
  const interrupt = () => interrupted.reject(signal.reason);
  interrupted.promise.catch(() => {});
  signal.addEventListener('abort', interrupt);
  let latest: JobView | undefined;
  let lastAnswerAt = Date.now();
  try {
    for (;;) {
      const job = await Promise.race([showIfReachable(jobs, jobId, latest), interrupted.promise]);
      if (job !== null) {
        [latest, lastAnswerAt] = [job, Date.now()];
        bar?.show(progressOf(job));
        if (isFinal(job.status)) return job;
      } else {
        if (latest !== undefined) bar?.show({ ...progressOf(latest), state: 'Temporal does not answer' });
        if (Date.now() - lastAnswerAt > MAX_AWAY) return await jobs.show(OPERATOR, jobId);
      }
      await sleep(INTERVAL, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  } finally {
    signal.removeEventListener('abort', interrupt);
    bar?.stop();
  }
}

/** Returns the job; `null` if Temporal does not answer now, but has answered before. */
async function showIfReachable(
  jobs: JobService,
  jobId: string,
  before: JobView | undefined,
): Promise<JobView | null> {
  try {
    return await jobs.show(OPERATOR, jobId);
  } catch (error) {
    if (before !== undefined && error instanceof JobError && error.code === 'unavailable') return null;
    throw error;
  }
}

function progressOf(job: JobView): Progress {
  const { image_size: size } = job;
  const bytes = job.status === 'replicated' ? (size ?? job.bytes_copied) : job.bytes_copied;
  return { bytes, size, state: stateText(job) };
}

function stateText({ status, phase, last_fault, waiting_for, paused }: JobView): string {
  if (paused) return 'paused';
  if (waiting_for !== null) return `waiting for ${waiting_for}`;
  if (last_fault !== null) return `${last_fault.code}, trying again`;
  return phase === null || phase === 'transfer' ? status : `${status}: ${phase}`;
}
