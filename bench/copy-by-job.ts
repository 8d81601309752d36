import { loadConfig } from '../src/config/index.ts';
import type { JobDetails } from '../src/copy-job/index.ts';
import { createJobService, OPERATOR } from '../src/job-service/index.ts';
import type { Deployment } from '../test/support/deployment.ts';

/** A job that has copied an image. */
export interface CopyByJob {
  /** The id of the job, and of the copy. */
  readonly id: string;
  /** Milliseconds from the start of the job to its close. */
  readonly time: number;
  readonly details: JobDetails;
}

/**
 * Copies an image by a job, and waits for its end.
 * @param tenantId the tenant as whom the image is read; absent for an operator
 */
export async function copyByJob(
  { client, regions, env }: Deployment,
  imageId: string,
  from: string,
  to: string,
  tenantId?: string,
): Promise<CopyByJob> {
  const { limits } = await loadConfig(env.IMAGE_REPLICATOR_CONFIG ?? '');
  const jobs = createJobService({ client, regions, limits });
  const tenant = tenantId === undefined ? {} : { tenant_id: tenantId };
  const request = { source: { region: from, image_id: imageId, ...tenant }, destination: { region: to } };
  const begun = performance.now();
  const { job_id: id } = await jobs.start(OPERATOR, request, { dialect: 'bench' });
  const details = await client.workflow.getHandle<() => Promise<JobDetails>>(id).result();
  return { id, time: performance.now() - begun, details };
}
