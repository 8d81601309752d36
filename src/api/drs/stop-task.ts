import type { JobService } from '../../job-service/index.ts';

/** Asks for the stop of a tenant's task. */
export async function stopTask(
  jobs: JobService,
  tenant_id: string,
  jobId: string,
  force: boolean,
): Promise<void> {
  await jobs.cancel({ tenant_id }, jobId, { requested_by: `tenant ${tenant_id}`, ...(force && { force }) });
}
