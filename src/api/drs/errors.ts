import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { IdentityUnavailable } from '../../identity/index.ts';
import { JobError } from '../../job-service/index.ts';
import { NotPermitted } from '../huawei-callers.ts';
import { GATEWAY_CODE, gatewayMessage, UNKNOWN_API } from '../huawei-gateway.ts';
import type { Refusal } from '../signed-caller.ts';
import { validationProblem } from '../validation-problem.ts';
import { textFor } from './language.ts';

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * Codes of this dialect. `wrong_state` is ours: the document has none, and says that a code has twelve
 * characters.
 * @see https://support.huaweicloud.com/intl/en-us/api-drs/drs_05_0004.html
 */
const CODES = {
  not_found: 'DRS.10000010',
  wrong_state: 'DRS.10000011',
  bad_request: 'DRS.M00105',
  other_project: 'DRS.M00261',
  not_permitted: 'DRS.M00102',
  failed: 'DRS.10000001',
} as const;

/** The only place where this dialect turns an error into an answer. */
export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code, message } = answerTo(error, request);
  return reply.code(status).send({ error_code: code, error_msg: message });
}

export function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(401)
    .send({ error_code: GATEWAY_CODE, error_msg: gatewayMessage(refusal), request_id: request.id });
}

export function answerUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, message } = UNKNOWN_API;
  return reply.code(404).send({ error_code: code, error_msg: message, request_id: request.id });
}

/** What an error is in this dialect. One that is ours to mend is logged. */
export function answerTo(error: unknown, request: FastifyRequest): Answer {
  const answer = answerOf(error, request);
  if (answer.status >= 500) request.log.error({ err: error }, 'request failed');
  return { ...answer, message: answer.message.slice(0, MAX_MESSAGE_LENGTH) };
}

/** As the document has it. */
const MAX_MESSAGE_LENGTH = 512;

function answerOf(error: unknown, request: FastifyRequest): Answer {
  if (error instanceof JobError) {
    if (error.code === 'not_found') {
      return { status: 400, code: CODES.not_found, message: textFor(request, 'not_found') };
    }
    if (error.code === 'conflict') {
      return { status: 400, code: CODES.wrong_state, message: textFor(request, 'wrong_state') };
    }
    const status = error.code === 'unavailable' ? 503 : 400;
    return { status, code: status === 503 ? CODES.failed : CODES.bad_request, message: error.message };
  }
  if (error instanceof NotPermitted) return { status: 403, code: CODES[error.code], message: error.message };
  if (error instanceof IdentityUnavailable) {
    const message = 'callers cannot be told apart at the moment; try again later';
    return { status: 503, code: CODES.failed, message };
  }
  const { statusCode = 500, validation, message } = error as FastifyError;
  if (statusCode >= 500) return { status: 500, code: CODES.failed, message: 'Failed.' };
  const problem = validation === undefined ? message : validationProblem(error as FastifyError);
  return { status: statusCode === 413 ? 413 : 400, code: CODES.bad_request, message: problem };
}
