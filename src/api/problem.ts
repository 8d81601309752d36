import type { FastifyError, FastifyRequest } from 'fastify';
import { IdentityUnavailable } from '../identity/index.ts';
import { JobError, type JobErrorCode } from '../job-service/index.ts';
import { TaskError, type TaskErrorCode } from '../task-service/index.ts';
import { validationProblem } from './validation-problem.ts';

/**
 * Everything that can be wrong with a request, or with us. Each dialect has its own words for every kind.
 * - `invalid`: a field of the request is wrong
 * - `destination_region`: no copy can go to the region that the request names
 * - `malformed_json`: the body is not JSON
 * - `undecodable_path`: the path cannot be decoded, so nobody can tell what it names
 * - `unknown_call`: the dialect has no such call
 * - `bad_http`: the request is not good HTTP, or has broken off
 * - `too_large`: the body is larger than we take
 * - `other_project`: the path names a project that is not the caller's
 * - `read_only`: the caller may look, and no more
 * - `job_not_found`, `image_not_found`, `share_not_found`, `task_not_found`: it does not exist, or the caller
 *   may not see it
 * - `wrong_status`: the status of the job does not allow it
 * - `image_conflict`: the source image cannot be copied in its present state
 * - `quota_exceeded`: the destination has no room left for the tenant
 * - `key_reused`: an idempotency key came again with another request
 * - `unavailable`: a store or Temporal does not answer
 * - `identity_unavailable`: callers cannot be told apart at the moment
 * - `internal`: a fault of ours
 */
export type ProblemKind =
  | 'invalid'
  | 'destination_region'
  | 'malformed_json'
  | 'undecodable_path'
  | 'unknown_call'
  | 'bad_http'
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
  | 'unavailable'
  | 'identity_unavailable'
  | 'internal';

export interface Problem {
  readonly kind: ProblemKind;
  readonly message: string;
  /** The field of the copy request that is wrong, such as `destination.region`. */
  readonly field: string | null;
}

/** A request that the facade itself refuses, before it asks any service. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/** What one dialect says about a kind of problem. Where it has no `message`, the problem's own is sent. */
export interface Words {
  readonly status: number;
  readonly message?: string;
}

/**
 * Finds a dialect's words for an error, and completes them with a message. Logs the error if the fault is
 * ours and somebody waits for the answer.
 */
export function wordsFor<W extends Words>(
  dialect: Readonly<Record<ProblemKind, W>>,
  error: unknown,
  request: FastifyRequest,
): W & Problem {
  const problem = problemOf(error);
  const words = { ...problem, ...dialect[problem.kind] };
  if (words.status >= 500 && !request.raw.socket.destroyed)
    request.log.error({ err: error }, 'request failed');
  return words;
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
  unavailable: 'unavailable',
};

/** Turns an error of any class into a problem. This is the only place that knows the classes. */
function problemOf(error: unknown): Problem {
  if (error instanceof JobError) {
    const kind = error.field === 'destination.region' ? 'destination_region' : JOB_PROBLEMS[error.code];
    return { kind, message: error.message, field: error.field };
  }
  return { ...fieldlessProblem(error), field: null };
}

function fieldlessProblem(error: unknown): Omit<Problem, 'field'> {
  if (error instanceof TaskError) return { kind: TASK_PROBLEMS[error.code], message: error.message };
  if (error instanceof RequestProblem) return { kind: error.kind, message: error.message };
  if (error instanceof IdentityUnavailable) {
    const message = 'callers cannot be told apart at the moment; try again later';
    return { kind: 'identity_unavailable', message };
  }
  const { statusCode = 500, validation, message } = error as FastifyError;
  if (statusCode >= 500) return { kind: 'internal', message: 'internal error' };
  if (validation) return { kind: 'invalid', message: validationProblem(error as FastifyError) };
  return { kind: statusCode === 413 ? 'too_large' : 'bad_http', message };
}
