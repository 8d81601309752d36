/**
 * What a task service refuses.
 * - `invalid`: a field of the request is wrong
 * - `share_not_found`: no such share, or not the tenant's to use
 * - `task_not_found`: no such task, or not the tenant's
 * - `quota_exceeded`: the tenant has reached one of its limits
 * - `unavailable`: Temporal does not answer
 */
export type TaskErrorCode =
  | 'invalid'
  | 'share_not_found'
  | 'task_not_found'
  | 'quota_exceeded'
  | 'unavailable';

export class TaskError extends Error {
  override readonly name = 'TaskError';
  readonly code: TaskErrorCode;

  constructor(code: TaskErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
  }
}
