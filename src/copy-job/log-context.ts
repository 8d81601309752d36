/** Memo key of the id of the request that has ordered a job, as its client has seen it. */
export const REQUEST_ID_MEMO = 'request_id';
/** The header in which a workflow hands its log context to its activities. It is never encrypted. */
export const LOG_HEADER = 'image-replicator-log';

/** The fields that each log line about a job has beside its text. */
export interface LogContext {
  readonly job_id: string;
  /** The tenant whose image is copied; `null` for an operator's job. */
  readonly tenant_id: string | null;
  /** `null` if no facade has ordered the job. */
  readonly request_id: string | null;
}
