import type { JobService } from '../../job-service/index.ts';

export interface StopOptions {
  readonly force: boolean;
}

/** Stops a tenant's task by a cancel of its job. Returns when the cancel was accepted. */
export async function stopTask(
  jobs: JobService,
  tenant_id: string,
  jobId: string,
  { force }: StopOptions,
): Promise<void> {
  await jobs.cancel({ tenant_id }, jobId, { requested_by: `tenant ${tenant_id}`, ...(force && { force }) });
}
