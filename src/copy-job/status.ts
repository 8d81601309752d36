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

export type JobStatus = (typeof JOB_STATUSES)[number];

/** A job may be cancelled until its copy is committed or a cancel was accepted. */
export function isCancellable(status: JobStatus): boolean {
  return status === 'replicate_requested' || status === 'replicating';
}

/** Once, by force, also while a cancel that was accepted is being done. */
export function isForcible(status: JobStatus, cancel: { readonly force?: true } | null): boolean {
  return !isFinal(status) && cancel?.force === undefined;
}

/** Whether the job has come to its end. */
export function isFinal(status: JobStatus): boolean {
  return status === 'replicated' || status === 'canceled' || status === 'error';
}
