import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { IdentityUnavailable } from '../../identity/index.ts';
import { JobError, type JobErrorCode } from '../../job-service/index.ts';
import { MalformedJson } from '../json.ts';
import type { Refusal } from '../signed-caller.ts';
import { validationProblem } from '../validation-problem.ts';

/** An error of Baidu's: its HTTP status, and what the body says. */
export interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Of every body that this dialect sends. */
export const JSON_TYPE = 'application/json;charset=UTF-8';

const NO_SUCH_OBJECT: Answer = {
  status: 404,
  code: 'NoSuchObject',
  message: 'The specified object is not found or resource do not exist.',
};
const NOT_COPYING: Answer = {
  status: 409,
  code: 'Image.ImageStatusForbidden',
  message: 'Image status is not dest_copying.',
};
const ACCESS_DENIED: Answer = { status: 403, code: 'AccessDenied', message: 'Access denied.' };
const INTERNAL: Answer = {
  status: 500,
  code: 'InternalError',
  message: 'We encountered an internal error. Please try again.',
};
const UNAVAILABLE = { status: 503, code: 'ServiceUnavailable' };

/**
 * Without a message, the job service's own. `conflict` is a cancel's, `image_conflict` a copy's.
 * @see https://cloud.baidu.com/doc/BCC/s/Ojwvyo6nc
 */
const ANSWERS: Readonly<Record<JobErrorCode, Pick<Answer, 'status' | 'code'> & Partial<Answer>>> = {
  invalid: { status: 400, code: 'InappropriateJSON' },
  not_found: NO_SUCH_OBJECT,
  conflict: NOT_COPYING,
  image_not_found: NO_SUCH_OBJECT,
  image_conflict: { status: 409, code: 'Image.ImageStatusForbidden' },
  forbidden: ACCESS_DENIED,
  quota_exceeded: { status: 413, code: 'Image.ImageQuotaLimitExceeded' },
  key_reused: {
    status: 403,
    code: 'IdempotentParameterMismatch',
    message: 'The request uses the same client token as a previous, but non-identical request.',
  },
  unavailable: UNAVAILABLE,
};

/** A request without a signature is one that may do nothing. */
const REFUSALS: Readonly<Record<Refusal, Answer>> = {
  missing: ACCESS_DENIED,
  bad_token: ACCESS_DENIED,
  malformed: {
    status: 400,
    code: 'InvalidHTTPAuthHeader',
    message: 'The HTTP authorization header is invalid. Consult the service documentation for details.',
  },
  unknown_key: {
    status: 403,
    code: 'InvalidAccessKeyId',
    message: 'The Access Key ID you provided does not exist in our records.',
  },
  bad_signature: {
    status: 400,
    code: 'SignatureDoesNotMatch',
    message:
      'The request signature we calculated does not match the signature you provided. Check your Secret Access Key and signing method. Consult the service documentation for details.',
  },
  expired: {
    status: 400,
    code: 'RequestExpired',
    message: 'Request has expired. Timestamp date is out of the time that was signed.',
  },
};

/** An address that names no action, or several. */
export class NoAction extends Error {
  override readonly name = 'NoAction';
}

/** The only place where this dialect turns an error into an answer. */
export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send(answerTo(error, request), request, reply);
}

export function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send(REFUSALS[refusal], request, reply);
}

/** Tells in the answer what the request is called in the log. */
export function nameRequest(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-bce-request-id', request.id);
}

/** What an error is in this dialect. One that is ours to mend is logged. */
export function answerTo(error: unknown, request: FastifyRequest): Answer {
  const answer = answerOf(error);
  if (answer.status >= 500) request.log.error({ err: error }, 'request failed');
  return answer;
}

function send({ status, code, message }: Answer, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(status).type(JSON_TYPE).send({ requestId: request.id, code, message });
}

function answerOf(error: unknown): Answer {
  if (error instanceof JobError) {
    if (error.field === 'destination.region') {
      return { status: 409, code: 'Image.RegionNotSupportCopy', message: error.message };
    }
    return { message: error.message, ...ANSWERS[error.code] };
  }
  if (error instanceof IdentityUnavailable) {
    return { ...UNAVAILABLE, message: 'access keys cannot be checked at the moment; try again later' };
  }
  if (error instanceof MalformedJson) {
    return { status: 400, code: 'MalformedJSON', message: 'The JSON you provided was not well-formed.' };
  }
  if (error instanceof NoAction) return { status: 400, code: 'InvalidURI', message: error.message };
  const { statusCode = 500, validation, message } = error as FastifyError;
  if (statusCode >= 500) return INTERNAL;
  if (validation !== undefined) {
    return { status: 400, code: 'InappropriateJSON', message: validationProblem(error as FastifyError) };
  }
  return { status: statusCode, code: 'InvalidHTTPRequest', message };
}
