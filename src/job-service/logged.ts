import type { Caller, JobService } from './service.ts';

/** Writes a log line about a job that somebody has ordered or changed. */
type LogLine = (
  about: { readonly job_id: string; readonly tenant_id: string | null },
  message: string,
) => void;

/** Returns a job service that logs each order and each change, once it was accepted. */
export function loggedJobs(jobs: JobService, log: LogLine): JobService {
  const about = (job_id: string, caller: Caller) => ({
    job_id,
    tenant_id: typeof caller === 'object' ? caller.tenant_id : null,
  });
  /** Returns a method that changes a job and then writes a log line. */
  const logged =
    <Rest extends unknown[]>(
      change: (caller: Caller, jobId: string, ...rest: Rest) => Promise<void>,
      message: string,
    ) =>
    async (caller: Caller, jobId: string, ...rest: Rest) => {
      await change(caller, jobId, ...rest);
      log(about(jobId, caller), message);
    };
  return {
    ...jobs,
    async start(caller, request, options) {
      const started = await jobs.start(caller, request, options);
      log(about(started.job_id, caller), 'job ordered');
      return started;
    },
    async retry(caller, jobId) {
      const started = await jobs.retry(caller, jobId);
      log(about(started.job_id, caller), 'job ordered again');
      return started;
    },
    cancel: logged(jobs.cancel, 'cancel requested'),
    limit: logged(jobs.limit, 'limit requested'),
    delete: logged(jobs.delete, 'record deleted'),
    pause: logged(jobs.pause, 'pause requested'),
    resume: logged(jobs.resume, 'resume requested'),
  };
}
