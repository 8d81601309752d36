import { requestedDetails } from '../../src/copy-job/index.ts';
import type { JobView } from '../../src/job-service/index.ts';

/** Returns a view of a job of the tenant `a-project`. */
export function jobView(jobId: string, more: Partial<JobView> = {}): JobView {
  return {
    ...requestedDetails(jobId, null, new Date(0)),
    source_tenant_id: 'a-project',
    attempt: null,
    last_fault: null,
    next_retry_at: null,
    waiting_for: null,
    held_back_by: null,
    paused: false,
    pause: null,
    ...more,
  };
}
