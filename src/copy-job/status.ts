/** The seven statuses of a copy job (NTT ECL image_replicator, "Get image copy job details"). */
export const JOB_STATUSES = [
  'replicate_requested',
  'replicating',
  'replicated',
  'cancel_requested',
  'canceling',
  'canceled',
  'error',
] as const;

/** The status of a copy job. */
export type JobStatus = (typeof JOB_STATUSES)[number];

/**
 * Tells whether a job can be cancelled. It can until it is `replicated`, has failed, or has accepted a
 * cancel.
 */
export function isCancellable(status: JobStatus): boolean {
  return status === 'replicate_requested' || status === 'replicating';
}

/**
 * Tells whether a job can be cancelled by force. It can, once, as long as it has not ended. A cancel without
 * force does not prevent a later cancel by force.
 */
export function isForcible(status: JobStatus, cancel: { readonly force?: true } | null): boolean {
  return !isFinal(status) && cancel?.force === undefined;
}

/** Tells whether a job has ended. */
export function isFinal(status: JobStatus): boolean {
  return status === 'replicated' || status === 'canceled' || status === 'error';
}
