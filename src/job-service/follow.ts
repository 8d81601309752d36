import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal } from '../copy-job/index.ts';
import { JobError } from './errors.ts';
import { belongsTo, notFound } from './find.ts';
import type { JobFollowing, JobService, JobView } from './service.ts';

/** The time from one look at a job that is followed to the next; milliseconds. */
const LOOK_EVERY = 1000;

/**
 * Looks at a job for everybody who follows it. Throws `JobError`.
 * @param signal is aborted when nobody follows the job any more
 */
type Look = (jobId: string, signal: AbortSignal) => Promise<JobView>;

/** A job that is looked at again and again, for all its followers together. */
interface Followed {
  /** The number of callers that follow it, or that wait for the first look. */
  followers: number;
  readonly told: Set<(view: JobView | null) => void>;
  /** The first look. */
  readonly first: Promise<void>;
  /** The view of the last look. It is `null` until the first look has ended, and if the job is deleted. */
  view: JobView | null;
  readonly stop: AbortController;
}

/**
 * Returns a `follow` that looks at each job again and again, however many follow it.
 * @param every the time from one look to the next; milliseconds
 */
export function followJobs(look: Look, every = LOOK_EVERY): JobService['follow'] {
  const jobs = new Map<string, Followed>();

  const forget = (jobId: string, job: Followed): void => {
    if (jobs.get(jobId) === job) jobs.delete(jobId);
  };

  const begin = (jobId: string): Followed => {
    const stop = new AbortController();
    const first = look(jobId, stop.signal).then((view) => {
      job.view = view;
    });
    const job: Followed = { followers: 0, told: new Set(), first, view: null, stop };
    jobs.set(jobId, job);
    void keepLooking(job, () => look(jobId, stop.signal), every).finally(() => forget(jobId, job));
    return job;
  };

  return async (caller, jobId, tell): Promise<JobFollowing> => {
    const job = jobs.get(jobId) ?? begin(jobId);
    job.followers += 1;
    const leave = (): void => {
      job.told.delete(tell);
      job.followers -= 1;
      if (job.followers > 0) return;
      forget(jobId, job);
      job.stop.abort(new Error('nobody follows the job any more'));
    };
    try {
      await job.first;
      const { view } = job;
      if (view === null || !belongsTo(view, caller)) throw notFound(jobId);
      job.told.add(tell);
      return { view, leave };
    } catch (error) {
      leave();
      throw error;
    }
  };
}

/**
 * Looks at a job until it has ended or nobody follows it. While Temporal does not answer, nothing is told.
 * Never rejects.
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
    for (const tell of job.told) tell(job.view);
  }
}
