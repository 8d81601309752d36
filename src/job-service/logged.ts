import type { Caller, JobService } from './service.ts';

/** Writes a line about a job that somebody has ordered or changed. */
type Tell = (about: { readonly job_id: string; readonly tenant_id: string | null }, message: string) => void;

/** Returns a job service that tells which job each change was of, and for whom it was made. */
export function loggedJobs(jobs: JobService, tell: Tell): JobService {
  const about = (job_id: string, caller: Caller) => ({
    job_id,
    tenant_id: typeof caller === 'object' ? caller.tenant_id : null,
  });
  return {
    ...jobs,
    async start(caller, request, options) {
      const started = await jobs.start(caller, request, options);
      tell(about(started.job_id, caller), 'job ordered');
      return started;
    },
    async cancel(caller, jobId, request) {
      const canceled = await jobs.cancel(caller, jobId, request);
      tell(about(jobId, caller), 'cancel requested');
      return canceled;
    },
    async pause(caller, jobId, request) {
      const paused = await jobs.pause(caller, jobId, request);
      tell(about(jobId, caller), 'pause requested');
      return paused;
    },
    async resume(caller, jobId, request) {
      const resumed = await jobs.resume(caller, jobId, request);
      tell(about(jobId, caller), 'resume requested');
      return resumed;
    },
  };
}
