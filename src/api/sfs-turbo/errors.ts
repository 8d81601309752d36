import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  gatewayMessage,
  plainHeaders,
  type Refusal,
  THROTTLED,
  UNAUTHENTICATED_CODE,
  UNKNOWN_API,
} from '../caller/index.ts';
import type { Dialect } from '../dialect.ts';
import { type ErrorAnswer, errorAnswerFor, type ProblemKind, setRetryAfter } from '../problem.ts';

/** An error of SFS Turbo's. */
interface SfsError extends ErrorAnswer {
  readonly code: string;
}

const INVALID: SfsError = { status: 400, code: 'SFS.TURBO.0001' };
const NOT_PERMITTED: SfsError = { status: 400, code: 'SFS.TURBO.0015' };
const TASK_NOT_FOUND: SfsError = { status: 400, code: 'SFS.TURBO.0106' };
const NOT_ALLOWED: SfsError = { status: 400, code: 'SFS.TURBO.0012' };
const INTERNAL: SfsError = { status: 500, code: 'SFS.TURBO.0005', message: 'Internal server error' };

/**
 * SFS Turbo's error for each kind of problem.
 * @see https://support.huaweicloud.com/intl/en-us/api-sfs/ErrorCode.html
 */
export const ERROR_ANSWERS: Readonly<Record<ProblemKind, SfsError>> = {
  invalid: INVALID,
  destination_region: INVALID,
  malformed_json: INVALID,
  undecodable_path: INVALID,
  unknown_call: { status: 404, ...UNKNOWN_API },
  method_not_allowed: { status: 405, code: UNKNOWN_API.code },
  bad_http: INVALID,
  timed_out: { ...INVALID, status: 408 },
  headers_too_large: { ...INVALID, status: 431 },
  too_large: INVALID,
  other_project: NOT_PERMITTED,
  read_only: NOT_PERMITTED,
  job_not_found: TASK_NOT_FOUND,
  image_not_found: TASK_NOT_FOUND,
  share_not_found: { status: 404, code: 'SFS.TURBO.0002' },
  task_not_found: TASK_NOT_FOUND,
  wrong_status: NOT_ALLOWED,
  image_conflict: NOT_ALLOWED,
  quota_exceeded: { status: 400, code: 'SFS.TURBO.0010' },
  key_reused: INVALID,
  throttled: { status: 429, ...THROTTLED },
  unavailable: { status: 503, code: 'SFS.TURBO.0005' },
  identity_unavailable: { ...INTERNAL, status: 503 },
  internal: INTERNAL,
};

export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = errorAnswerFor(ERROR_ANSWERS, error, request);
  return send(answer, request, setRetryAfter(reply, answer));
}

/** Returns the answer to a request that reaches no route. */
export const answerUnrouted: Dialect['answerUnrouted'] = ({ kind, message }, requestId) => ({
  status: ERROR_ANSWERS[kind].status,
  headers: plainHeaders(requestId),
  body: bodyOf(ERROR_ANSWERS[kind].code, message, requestId),
});

/** Answers a request whose sender could not be authenticated. */
export function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send({ status: 401, code: UNAUTHENTICATED_CODE, message: gatewayMessage(refusal) }, request, reply);
}

function send(
  { status, code, message }: SfsError & { readonly message: string },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  return reply.code(status).send(bodyOf(code, message, request.id));
}

function bodyOf(code: string, message: string, request_id: string): object {
  return { errCode: code, errMsg: message, error_code: code, error_msg: message, request_id };
}
