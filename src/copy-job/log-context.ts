/**
 * Memo key of the id of the HTTP request that has ordered a job. The facade has told the client this id.
 */
export const REQUEST_ID_MEMO = 'request_id';
/**
 * The Temporal header in which a workflow passes its log context to its activities. It is never encrypted.
 */
export const LOG_HEADER = 'image-replicator-log';

/** The fields that every log line about a job has in addition to its message. */
export interface LogContext {
  readonly job_id: string;
  /** The tenant whose image is copied; `null` for an operator's job. */
  readonly tenant_id: string | null;
  /** `null` if the job was not ordered by an HTTP request. */
  readonly request_id: string | null;
}
