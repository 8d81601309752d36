import type { Caller, JobService } from './service.ts';

/** Writes a log line about a job that somebody has ordered or changed. */
type LogLine = (
  about: { readonly job_id: string; readonly tenant_id: string | null },
  message: string,
) => void;

/**
 * Returns a job service that logs each accepted `start`, `cancel`, `pause` and `resume`, with the job's id
 * and the caller's tenant.
 */
export function loggedJobs(jobs: JobService, log: LogLine): JobService {
  const about = (job_id: string, caller: Caller) => ({
    job_id,
    tenant_id: typeof caller === 'object' ? caller.tenant_id : null,
  });
  /** Returns a method that changes a job and, if that was accepted, writes a log line. */
  const logged =
    <Request>(change: (caller: Caller, jobId: string, request: Request) => Promise<void>, message: string) =>
    async (caller: Caller, jobId: string, request: Request) => {
      await change(caller, jobId, request);
      log(about(jobId, caller), message);
    };
  return {
    ...jobs,
    async start(caller, request, options) {
      const started = await jobs.start(caller, request, options);
      log(about(started.job_id, caller), 'job ordered');
      return started;
    },
    cancel: logged(jobs.cancel, 'cancel requested'),
    pause: logged(jobs.pause, 'pause requested'),
    resume: logged(jobs.resume, 'resume requested'),
  };
}
