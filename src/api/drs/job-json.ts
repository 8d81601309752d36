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

/** A task as lists show it. */
export type ListedTask = Static<typeof JobList>['jobs'][number];

/** Returns a task as lists show it. If the task has failed, its description says why. */
export function toListed(job: JobView): ListedTask {
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
  const listed = toListed(job);
  const { name, description } = listed;
  const overview = {
    ...listed,
    base_info: { name, job_type: 'migration', task_type: 'FULL_TRANS', description },
    progress_info: { progress: String(job.copy_progress) },
  };
  if (type === 'overview') return overview;
  const { source_region_id, source_image_id, source_tenant_id } = job;
  const { destination_region_id, destination_image_id, destination_tenant_id } = job;
  return {
    ...overview,
    source_endpoint: [endpoint('so', source_region_id, source_image_id, source_tenant_id)],
    target_endpoint: [endpoint('ta', destination_region_id, destination_image_id, destination_tenant_id)],
  };
}

/** Returns one end of a copy. DRS's word for the source is `so`, and for the destination `ta`. */
function endpoint(
  endpoint_role: 'so' | 'ta',
  regionId: string | null,
  imageId: string | null,
  tenantId: string | null,
) {
  const [region, id, project_id] = [regionId ?? '', imageId ?? '', tenantId ?? ''];
  return { endpoint_role, endpoint: { id }, cloud: { region, project_id }, region, id, project_id };
}
