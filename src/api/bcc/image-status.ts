import type { JobStatus } from '../../copy-job/index.ts';
import type { JobView } from '../../job-service/index.ts';

/**
 * The status of the image at the destination for each status of its job; `null` if there is no image (any
 * more). Baidu has `dest_copying` only in the text of an error; the other values are from its SDK.
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

/** Returns the status of a job's image in this dialect; `null` if there is no image. */
export function imageStatus({ status }: JobView): string | null {
  return STATUSES[status];
}
