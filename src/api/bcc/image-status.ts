import type { JobStatus } from '../../copy-job/index.ts';
import type { JobView } from '../../job-service/index.ts';

/**
 * The status of the image at the destination for each status of its job; `null` if the image does not exist
 * (any more). Baidu mentions `dest_copying` only in the text of an error; the other values are from its SDK.
 * While a cancelled copy is being removed, its image is `NotAvailable`.
 * @see bce-sdk-go, services/bcc/api/model.go, ImageStatus
 * @see docs/dialects.md
 */
const STATUSES = {
  replicate_requested: 'dest_copying',
  replicating: 'dest_copying',
  cancel_requested: 'NotAvailable',
  canceling: 'NotAvailable',
  canceled: null,
  replicated: 'Available',
  error: 'CreateFailed',
} as const satisfies Record<JobStatus, string | null>;

/** Returns the status that a job's image has in this dialect; `null` if the image does not exist. */
export function imageStatus({ status }: JobView): string | null {
  return STATUSES[status];
}
