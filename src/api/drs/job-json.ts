import type { Static } from 'typebox';
import type { JobView } from '../../job-service/index.ts';
import { JOB_STATES } from './job-state.ts';
import type { JobDetail, JobList } from './schemas.ts';

/**
 * Returns the name of a task: the name of the image that it makes or, if that is not known yet, the name or
 * id of the source image.
 */
export function nameOf(job: JobView): string {
  return job.destination_image_name ?? job.source_image_name ?? job.source_image_id ?? '';
}

/** Returns a task as lists show it. If the task has failed, its description says why. */
export function toListed(job: JobView): Static<typeof JobList>['jobs'][number] {
  return {
    id: job.job_id,
    name: nameOf(job),
    status: JOB_STATES[job.status],
    description: job.fault?.message ?? '',
    create_time: job.created_at,
  };
}

/** Returns a task as its details show it. An `overview` leaves out the source and the destination. */
export function toDetail(job: JobView, type: 'overview' | 'detail'): Static<typeof JobDetail>['job'] {
  const overview = { ...toListed(job), progress_info: { progress: String(job.copy_progress) } };
  if (type === 'overview') return overview;
  const { source_region_id, source_image_id, source_tenant_id } = job;
  const { destination_region_id, destination_image_id, destination_tenant_id } = job;
  return {
    ...overview,
    source_endpoint: [endpoint(source_region_id, source_image_id, source_tenant_id)],
    target_endpoint: [endpoint(destination_region_id, destination_image_id, destination_tenant_id)],
  };
}

function endpoint(region: string | null, id: string | null, project_id: string | null) {
  return { region: region ?? '', id: id ?? '', project_id: project_id ?? '' };
}
