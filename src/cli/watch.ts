import { isFinal } from '../copy-job/index.ts';
import { JobError, type JobService, type JobView, OPERATOR } from '../job-service/index.ts';
import { pause, waitFor } from '../wait/index.ts';
import type { Progress, ProgressBar } from './bar.ts';

/** The time between two looks at the job; milliseconds. */
const INTERVAL = 250;
/** How long Temporal may be unreachable while a job is watched; milliseconds. */
const MAX_AWAY = 5 * 60_000;

/**
 * Waits for the end of a job, and returns the job. Shows its progress on the bar, and stops the bar at the
 * end. Temporal may be unreachable for up to five minutes meanwhile.
 * @throws the signal's reason once it is aborted
 */
export async function watchJob(
  jobs: JobService,
  jobId: string,
  bar: ProgressBar | null,
  signal: AbortSignal,
): Promise<JobView> {
  let latest: JobView | undefined;
  let lastAnswerAt = Date.now();
  try {
    for (;;) {
      const job = await waitFor(showIfReachable(jobs, jobId, latest), signal);
      if (job !== null) {
        const hasEnded = isFinal(job.status);
        // If the job had ended before the first look, there is no progress to show.
        if (latest !== undefined || !hasEnded) bar?.show(progressOf(job));
        if (hasEnded) return job;
        latest = job;
        lastAnswerAt = Date.now();
      } else {
        if (latest !== undefined) bar?.show({ ...progressOf(latest), state: 'Temporal does not answer' });
        // This throws if Temporal still does not answer.
        if (Date.now() - lastAnswerAt > MAX_AWAY) await jobs.show(OPERATOR, jobId);
      }
      await pause(INTERVAL, signal);
    }
  } finally {
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
