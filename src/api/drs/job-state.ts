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

/** Every status that DRS documents. Lists can be filtered by all of them, though tasks here have few. */
export const DRS_STATES = [
  'CREATING',
  'CREATE_FAILED',
  'CONFIGURATION',
  'STARTJOBING',
  'WAITING_FOR_START',
  'START_JOB_FAILED',
  'PAUSING',
  'FULL_TRANSFER_STARTED',
  'FULL_TRANSFER_FAILED',
  'FULL_TRANSFER_COMPLETE',
  'INCRE_TRANSFER_STARTED',
  'INCRE_TRANSFER_FAILED',
  'RELEASE_RESOURCE_STARTED',
  'RELEASE_RESOURCE_FAILED',
  'RELEASE_RESOURCE_COMPLETE',
  'REBUILD_NODE_STARTED',
  'REBUILD_NODE_FAILED',
  'CHANGE_JOB_STARTED',
  'CHANGE_JOB_FAILED',
  'CHILD_TRANSFER_STARTING',
  'CHILD_TRANSFER_STARTED',
  'CHILD_TRANSFER_COMPLETE',
  'CHILD_TRANSFER_FAILED',
  'RELEASE_CHILD_TRANSFER_STARTED',
  'RELEASE_CHILD_TRANSFER_COMPLETE',
  'NODE_UPGRADE_START',
  'NODE_UPGRADE_COMPLETE',
  'NODE_UPGRADE_FAILED',
  'DELETED',
] as const;
