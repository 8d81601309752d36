import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { IdentityUnavailable } from '../../identity/index.ts';
import { TaskError, type TaskErrorCode } from '../../task-service/index.ts';
import { NotPermitted } from '../huawei-callers.ts';
import { GATEWAY_CODE, gatewayMessage, UNKNOWN_API } from '../huawei-gateway.ts';
import type { Refusal } from '../signed-caller.ts';
import { validationProblem } from '../validation-problem.ts';

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** @see https://support.huaweicloud.com/intl/en-us/api-sfs/ErrorCode.html */
const ANSWERS: Readonly<Record<TaskErrorCode, Pick<Answer, 'status' | 'code'>>> = {
  invalid: { status: 400, code: 'SFS.TURBO.0001' },
  share_not_found: { status: 404, code: 'SFS.TURBO.0002' },
  task_not_found: { status: 400, code: 'SFS.TURBO.0106' },
  unavailable: { status: 500, code: 'SFS.TURBO.0005' },
};
const INTERNAL: Answer = { status: 500, code: 'SFS.TURBO.0005', message: 'Internal server error' };

/** The only place where this dialect turns an error into an answer. */
export function answerError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const answer = answerOf(error);
  if (answer.status >= 500) request.log.error({ err: error }, 'request failed');
  return send(answer, request, reply);
}

export function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send({ status: 401, code: GATEWAY_CODE, message: gatewayMessage(refusal) }, request, reply);
}

export function answerUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send({ status: 404, ...UNKNOWN_API }, request, reply);
}

function send({ status, code, message }: Answer, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(status).send({
    errCode: code,
    errMsg: message,
    error_code: code,
    error_msg: message,
    request_id: request.id,
  });
}

function answerOf(error: FastifyError | Error): Answer {
  if (error instanceof TaskError) return { ...ANSWERS[error.code], message: error.message };
  if (error instanceof NotPermitted) return { status: 400, code: 'SFS.TURBO.0015', message: error.message };
  if (error instanceof IdentityUnavailable) return INTERNAL;
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status >= 500) return INTERNAL;
  const message = 'validation' in error && error.validation ? validationProblem(error) : error.message;
  return { status: 400, code: 'SFS.TURBO.0001', message };
}
