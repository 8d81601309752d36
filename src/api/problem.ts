import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { IdentityUnavailable } from '../identity/index.ts';
import { JobError, type JobErrorCode } from '../job-service/index.ts';
import { TaskError, type TaskErrorCode } from '../task-service/index.ts';
import { validationProblem } from './validation-problem.ts';

/**
 * Everything that can be wrong with a request, or with the service. Each dialect has a status, and often a
 * code and a message, for every kind.
 * - `invalid`: a field of the request is wrong
 * - `destination_region`: the request names no destination region, or one to which no copy can go
 * - `malformed_json`: the body is not JSON
 * - `undecodable_path`: the path cannot be percent-decoded
 * - `unknown_call`: the dialect has no such call
 * - `method_not_allowed`: the path exists, but does not have this method
 * - `bad_http`: the request is not valid HTTP, or has broken off
 * - `timed_out`: the request has not arrived in time
 * - `headers_too_large`: the headers are larger than allowed
 * - `too_large`: the body is larger than allowed
 * - `other_project`: the path names a project that is not the caller's
 * - `read_only`: the caller may not change anything
 * - `job_not_found`, `image_not_found`, `share_not_found`, `task_not_found`: no such thing exists, or the
 *   caller may not see it
 * - `wrong_status`: the status of the job does not allow the request
 * - `image_conflict`: the source image cannot be copied in its present state
 * - `quota_exceeded`: the destination has no room left for the tenant, or the tenant has reached a limit
 * - `key_reused`: another request had the same idempotency key
 * - `throttled`: the tenant has sent too many requests
 * - `unavailable`: a store or Temporal does not answer
 * - `identity_unavailable`: callers cannot be authenticated at the moment
 * - `internal`: an unexpected error of the service
 */
export type ProblemKind =
  | 'invalid'
  | 'destination_region'
  | 'malformed_json'
  | 'undecodable_path'
  | 'unknown_call'
  | 'method_not_allowed'
  | 'bad_http'
  | 'timed_out'
  | 'headers_too_large'
  | 'too_large'
  | 'other_project'
  | 'read_only'
  | 'job_not_found'
  | 'image_not_found'
  | 'share_not_found'
  | 'task_not_found'
  | 'wrong_status'
  | 'image_conflict'
  | 'quota_exceeded'
  | 'key_reused'
  | 'throttled'
  | 'unavailable'
  | 'identity_unavailable'
  | 'internal';

/** A problem with a request, in a form that all dialects share. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly message: string;
  /**
   * The field of the copy request that is wrong, such as `destination.region`; `null` if no field is wrong.
   */
  readonly field: string | null;
  /** Seconds after which the request may be sent again; `null` if unknown. */
  readonly retryAfter: number | null;
}

/** A request that the facade itself refuses, before it asks Temporal or a store. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
  readonly kind: ProblemKind;
  /** Seconds after which the request may be sent again; `null` if unknown. */
  readonly retryAfter: number | null;

  constructor(
    kind: ProblemKind,
    message: string,
    { retryAfter, ...options }: ErrorOptions & { readonly retryAfter?: number } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.retryAfter = retryAfter ?? null;
  }
}

/** How a dialect answers a kind of problem. If `message` is absent, the problem's own message is sent. */
export interface ErrorAnswer {
  readonly status: number;
  readonly message?: string;
}

/** Sets the header `Retry-After`, if the problem says when the request may be sent again. */
export function setRetryAfter(reply: FastifyReply, { retryAfter }: Problem): FastifyReply {
  return retryAfter === null ? reply : reply.header('Retry-After', String(retryAfter));
}

/**
 * Returns a dialect's answer to an error. Logs the error if the status is 500 or higher and the client is
 * still connected.
 */
export function errorAnswerFor<Answer extends ErrorAnswer>(
  errorAnswers: Readonly<Record<ProblemKind, Answer>>,
  error: unknown,
  request: FastifyRequest,
): Answer & Problem {
  const problem = problemOf(error);
  const answer = { ...problem, ...errorAnswers[problem.kind] };
  if (answer.status >= 500 && !request.raw.socket.destroyed)
    request.log.error({ err: error }, 'request failed');
  return answer;
}

const JOB_PROBLEMS: Readonly<Record<JobErrorCode, ProblemKind>> = {
  invalid: 'invalid',
  not_found: 'job_not_found',
  conflict: 'wrong_status',
  image_not_found: 'image_not_found',
  image_conflict: 'image_conflict',
  forbidden: 'read_only',
  quota_exceeded: 'quota_exceeded',
  key_reused: 'key_reused',
  unavailable: 'unavailable',
};

const TASK_PROBLEMS: Readonly<Record<TaskErrorCode, ProblemKind>> = {
  invalid: 'invalid',
  share_not_found: 'share_not_found',
  task_not_found: 'task_not_found',
  quota_exceeded: 'quota_exceeded',
  unavailable: 'unavailable',
};

/** Turns any error into a problem. */
function problemOf(error: unknown): Problem {
  if (error instanceof JobError) {
    const kind = error.field === 'destination.region' ? 'destination_region' : JOB_PROBLEMS[error.code];
    return { kind, message: error.message, field: error.field, retryAfter: null };
  }
  const retryAfter = error instanceof RequestProblem ? error.retryAfter : null;
  return { ...fieldlessProblem(error), field: null, retryAfter };
}

function fieldlessProblem(error: unknown): Omit<Problem, 'field' | 'retryAfter'> {
  if (error instanceof TaskError) return { kind: TASK_PROBLEMS[error.code], message: error.message };
  if (error instanceof RequestProblem) return { kind: error.kind, message: error.message };
  if (error instanceof IdentityUnavailable) {
    const message = 'your identity cannot be checked at the moment; try again later';
    return { kind: 'identity_unavailable', message };
  }
  const { statusCode = 500, validation, message } = error as FastifyError;
  if (statusCode >= 500) return { kind: 'internal', message: 'internal error' };
  if (validation) return { kind: 'invalid', message: validationProblem(error as FastifyError) };
  return { kind: statusCode === 413 ? 'too_large' : 'bad_http', message };
}
