import type { Caller, JobService } from './service.ts';

/** Writes a line about a job that somebody has ordered or changed. */
type Tell = (about: { readonly job_id: string; readonly tenant_id: string | null }, message: string) => void;

/** Returns a job service that tells which job each change was of, and for whom it was made. */
export function loggedJobs(jobs: JobService, tell: Tell): JobService {
  const about = (job_id: string, caller: Caller) => ({
    job_id,
    tenant_id: typeof caller === 'object' ? caller.tenant_id : null,
  });
  /** Returns a change of a job that is told once it has been accepted. */
  const told =
    <Request>(change: (caller: Caller, jobId: string, request: Request) => Promise<void>, message: string) =>
    async (caller: Caller, jobId: string, request: Request) => {
      await change(caller, jobId, request);
      tell(about(jobId, caller), message);
    };
  return {
    ...jobs,
    async start(caller, request, options) {
      const started = await jobs.start(caller, request, options);
      tell(about(started.job_id, caller), 'job ordered');
      return started;
    },
    cancel: told(jobs.cancel, 'cancel requested'),
    pause: told(jobs.pause, 'pause requested'),
    resume: told(jobs.resume, 'resume requested'),
  };
}
