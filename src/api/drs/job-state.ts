import type { JobStatus } from '../../copy-job/index.ts';

/**
 * DRS's status for each status of a job. A copy is shown as a full transfer. The removal of a cancelled copy
 * is shown as a release of resources.
 * @see https://support.huaweicloud.com/intl/en-us/api-drs/drs_05_0005.html
 * @see docs/dialects.md
 */
export const JOB_STATES = {
  replicate_requested: 'STARTJOBING',
  replicating: 'FULL_TRANSFER_STARTED',
  cancel_requested: 'RELEASE_RESOURCE_STARTED',
  canceling: 'RELEASE_RESOURCE_STARTED',
  canceled: 'RELEASE_RESOURCE_COMPLETE',
  replicated: 'FULL_TRANSFER_COMPLETE',
  error: 'FULL_TRANSFER_FAILED',
} as const satisfies Record<JobStatus, string>;
