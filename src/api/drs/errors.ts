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
import {
  type ErrorAnswer,
  errorAnswerFor,
  type Problem,
  type ProblemKind,
  setRetryAfter,
} from '../problem.ts';
import { type TextName, textFor } from './language.ts';

/** An error of DRS's. `text` names a message that exists in several languages. */
interface DrsError extends ErrorAnswer {
  readonly code: string;
  readonly text?: TextName;
}

const BAD_REQUEST: DrsError = { status: 400, code: 'DRS.M00105' };
/** DRS answers 400, not 404, for a task that does not exist. */
const NOT_FOUND: DrsError = { status: 400, code: 'DRS.10000010', text: 'not_found' };
const UNAVAILABLE: DrsError = { status: 503, code: 'DRS.10000001' };

/**
 * DRS's error for each kind of problem. Huawei publishes no code for `wrong_status`. The one here is made up:
 * it comes after `DRS.10000010`, and has the 12 characters that the documentation demands.
 * @see https://support.huaweicloud.com/intl/en-us/api-drs/drs_05_0004.html
 */
export const ERROR_ANSWERS: Readonly<Record<ProblemKind, DrsError>> = {
  invalid: BAD_REQUEST,
  destination_region: BAD_REQUEST,
  malformed_json: BAD_REQUEST,
  undecodable_path: BAD_REQUEST,
  unknown_call: { status: 404, ...UNKNOWN_API },
  method_not_allowed: { status: 405, code: UNKNOWN_API.code },
  bad_http: BAD_REQUEST,
  timed_out: { ...BAD_REQUEST, status: 408 },
  headers_too_large: { ...BAD_REQUEST, status: 431 },
  too_large: { status: 413, code: 'DRS.M00105' },
  other_project: { status: 403, code: 'DRS.M00261' },
  read_only: { status: 403, code: 'DRS.M00102' },
  job_not_found: NOT_FOUND,
  image_not_found: BAD_REQUEST,
  share_not_found: BAD_REQUEST,
  task_not_found: BAD_REQUEST,
  wrong_status: { status: 400, code: 'DRS.10000011', text: 'wrong_state' },
  image_conflict: BAD_REQUEST,
  quota_exceeded: BAD_REQUEST,
  key_reused: BAD_REQUEST,
  throttled: { status: 429, ...THROTTLED },
  unavailable: UNAVAILABLE,
  identity_unavailable: UNAVAILABLE,
  internal: { status: 500, code: 'DRS.10000001', message: 'Failed.' },
};

/** The longest message that the documentation allows; characters. */
const MAX_MESSAGE = 512;

export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = answerTo(error, request);
  const { status, code, message } = answer;
  return setRetryAfter(reply, answer)
    .code(status)
    .send({
      error_code: code,
      error_msg: message,
      // Only the errors of Huawei's API gateway have a request id in their body.
      ...(code.startsWith('APIGW.') && { request_id: request.id }),
    });
}

/** Returns the answer to a request that reaches no route. */
export const answerUnrouted: Dialect['answerUnrouted'] = ({ kind, message }, requestId) => ({
  status: ERROR_ANSWERS[kind].status,
  headers: plainHeaders(requestId),
  body: { error_code: ERROR_ANSWERS[kind].code, error_msg: message },
});

/** Answers a request whose sender could not be authenticated. */
export function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(401)
    .send({ error_code: UNAUTHENTICATED_CODE, error_msg: gatewayMessage(refusal), request_id: request.id });
}

/** Returns the row that a batch's answer has for a task that could not be stopped or deleted. */
export function failedRow(id: string, error: unknown, request: FastifyRequest) {
  const { code, message } = answerTo(error, request);
  return { id, status: 'failed', error_code: code, error_msg: message };
}

/**
 * Returns this dialect's answer to an error, in the language of the request. Logs the error if the status is
 * 500 or higher.
 */
function answerTo(error: unknown, request: FastifyRequest): DrsError & Problem {
  const answer = errorAnswerFor(ERROR_ANSWERS, error, request);
  const message = answer.text === undefined ? answer.message : textFor(request, answer.text);
  return { ...answer, message: message.slice(0, MAX_MESSAGE).toWellFormed() };
}
