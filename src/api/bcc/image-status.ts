import type { JobStatus } from '../../copy-job/index.ts';
import type { JobView } from '../../job-service/index.ts';

/**
 * What the destination's image is in, for each status of its job; `null` where there is no such image (any
 * more). `dest_copying` is known from an error's text only, the others from Baidu's own SDK. An image that
 * can no longer be cancelled, and is still being removed, is `NotAvailable`.
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
