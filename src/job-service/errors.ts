/**
 * The reasons for which the job service refuses a request.
 * - `invalid`: a field of the request is wrong
 * - `not_found`: there is no such job, or the job belongs to another tenant
 * - `conflict`: the job's state or Temporal's configuration does not allow the request
 * - `image_not_found`: the source has no such image, or the tenant may not see it
 * - `image_conflict`: the source image cannot be copied in its present state
 * - `forbidden`: the caller may not change anything, or a store refuses the caller's own credential
 * - `quota_exceeded`: the destination has no room left for the tenant, or the tenant has reached a limit
 * - `key_reused`: another request had the same idempotency key
 * - `unavailable`: a store or Temporal does not answer, or a store refuses the copier
 */
export type JobErrorCode =
  | 'invalid'
  | 'not_found'
  | 'conflict'
  | 'image_not_found'
  | 'image_conflict'
  | 'forbidden'
  | 'quota_exceeded'
  | 'key_reused'
  | 'unavailable';

/** An error of the job service. Its message MAY be shown to the caller. */
export class JobError extends Error {
  override readonly name = 'JobError';
  readonly code: JobErrorCode;
  /** For `invalid`: the name of the request's wrong field, such as `destination.region`. */
  readonly field: string | null;

  constructor(code: JobErrorCode, message: string, options: { cause?: unknown; field?: string } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.field = options.field ?? null;
  }
}
