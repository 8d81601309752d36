import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal } from '../copy-job/index.ts';
import { withOwnSignal } from '../wait/index.ts';
import { JobError } from './errors.ts';
import { belongsTo, notFound } from './find.ts';
import type { JobFollowing, JobService, JobView } from './service.ts';

/** The time between two looks at a followed job; milliseconds. */
const LOOK_EVERY = 1000;

/**
 * Reads a job, whoever it belongs to. Throws `JobError`.
 * @param signal aborted when nobody follows the job any more
 */
type Look = (jobId: string, signal: AbortSignal) => Promise<JobView>;

/** A job that is read for all its followers together. */
interface Followed {
  /** The number of callers that follow the job, or that wait for the first look. */
  followers: number;
  readonly listeners: Set<(view: JobView | null) => void>;
  /** Resolves when the job was read for the first time. */
  readonly first: Promise<void>;
  /** The job as it was last read; `null` before the first look has ended, and after the job was deleted. */
  view: JobView | null;
  readonly stop: AbortController;
}

/**
 * Returns the method `follow` of a job service. It reads a job once for all its followers together.
 * @param every the time between two looks; milliseconds
 */
export function followJobs(look: Look, every = LOOK_EVERY): JobService['follow'] {
  const jobs = new Map<string, Followed>();

  const forget = (jobId: string, job: Followed): void => {
    if (jobs.get(jobId) === job) jobs.delete(jobId);
  };

  const begin = (jobId: string): Followed => {
    const stop = new AbortController();
    // The client of Temporal's SDK leaves a listener on the signal of each call.
    const lookOnce = () => withOwnSignal(stop.signal, (signal) => look(jobId, signal));
    const first = lookOnce().then((view) => {
      job.view = view;
    });
    const job: Followed = { followers: 0, listeners: new Set(), first, view: null, stop };
    jobs.set(jobId, job);
    void keepLooking(job, lookOnce, every).finally(() => forget(jobId, job));
    return job;
  };

  return async (caller, jobId, tell): Promise<JobFollowing> => {
    const job = jobs.get(jobId) ?? begin(jobId);
    job.followers += 1;
    const leave = (): void => {
      job.listeners.delete(tell);
      job.followers -= 1;
      if (job.followers > 0) return;
      forget(jobId, job);
      job.stop.abort(new Error('nobody follows the job any more'));
    };
    try {
      await job.first;
      const { view } = job;
      if (view === null || !belongsTo(view, caller)) throw notFound(jobId);
      job.listeners.add(tell);
      return { view, leave };
    } catch (error) {
      leave();
      throw error;
    }
  };
}

/**
 * Reads a job again and again until it has ended or nobody follows it. Calls the listeners after each look
 * that Temporal has answered. Never rejects.
 */
async function keepLooking(job: Followed, look: () => Promise<JobView>, every: number): Promise<void> {
  const { signal } = job.stop;
  await job.first.catch(() => undefined);
  while (job.view !== null && !isFinal(job.view.status)) {
    await sleep(every, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      job.view = await look();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof JobError) || error.code !== 'not_found') continue;
      job.view = null;
    }
    for (const tell of job.listeners) tell(job.view);
  }
}
