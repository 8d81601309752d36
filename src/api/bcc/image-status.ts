import type { JobStatus } from '../../copy-job/index.ts';
import type { JobView } from '../../job-service/index.ts';

/**
 * The status of the destination's image for each status of its job; `null` if there is no such image (any
 * more). `dest_copying` is known only from the text of an error, the others from Baidu's own SDK. An image
 * whose copy can no longer be cancelled, and is still being removed, is `NotAvailable`.
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

export function imageStatus({ status }: JobView): string | null {
  return STATUSES[status];
}
