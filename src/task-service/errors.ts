/**
 * The reasons for which the task service refuses a request.
 * - `invalid`: a field of the request is wrong
 * - `share_not_found`: there is no such share, or the tenant may not use it
 * - `task_not_found`: there is no such task, or the task belongs to another tenant
 * - `quota_exceeded`: the tenant has reached one of its limits
 * - `unavailable`: Temporal does not answer
 */
export type TaskErrorCode =
  | 'invalid'
  | 'share_not_found'
  | 'task_not_found'
  | 'quota_exceeded'
  | 'unavailable';

/** An error of the task service. Its message MAY be shown to the caller. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  readonly code: TaskErrorCode;

  constructor(code: TaskErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
  }
}
