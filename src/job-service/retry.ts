import { isFinal } from '../copy-job/index.ts';
import { JobError } from './errors.ts';
import type { Caller, JobView } from './service.ts';
import { type StartContext, startJob } from './start.ts';

/**
 * Starts a new job with the request of a job that has ended. Returns the id of the new job.
 * @throws JobError `conflict` if the job has not ended, if it copies an object for a task, or if its request
 * was refused
 */
export async function retryJob(
  context: StartContext,
  caller: Caller,
  job: JobView,
): Promise<{ job_id: string }> {
  if (!isFinal(job.status))
    throw new JobError('conflict', `the job is ${job.status}: it can be repeated only when it has ended`);
  if (job.objects)
    throw new JobError(
      'conflict',
      'the job copies an object for a task, so it cannot be repeated alone; start the task again',
    );
  const { source_region_id, source_image_id, destination_region_id } = job;
  if (source_region_id === null || source_image_id === null || destination_region_id === null) {
    throw new JobError('conflict', 'the request of the job was refused, so there is nothing to repeat');
  }
  const request = {
    source: {
      region: source_region_id,
      image_id: source_image_id,
      ...given('tenant_id', job.source_tenant_id),
    },
    destination: {
      region: destination_region_id,
      ...given('tenant_id', job.destination_tenant_id),
      ...given('image_name', job.destination_image_name),
    },
  };
  return startJob(context, caller, request, { dialect: 'retry' });
}

function given<K extends string>(key: K, value: string | null): Partial<Record<K, string>> {
  return value === null ? {} : ({ [key]: value } as Record<K, string>);
}
