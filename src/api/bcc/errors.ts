import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '../caller/index.ts';
import type { Dialect } from '../dialect.ts';
import {
  type ErrorAnswer,
  errorAnswerFor,
  type Problem,
  type ProblemKind,
  setRetryAfter,
} from '../problem.ts';

/** An error of Baidu's: its HTTP status, and the code and message in its body. */
interface BceError extends ErrorAnswer {
  readonly code: string;
}

/** The Content-Type of every body that this dialect sends. */
export const JSON_TYPE = 'application/json;charset=UTF-8';

const NO_SUCH_OBJECT = {
  status: 404,
  code: 'NoSuchObject',
  message: 'The specified object is not found or resource do not exist.',
} as const;
const ACCESS_DENIED = { status: 403, code: 'AccessDenied', message: 'Access denied.' } as const;
const UNAVAILABLE = { status: 503, code: 'ServiceUnavailable' } as const;

/**
 * Baidu's error for each kind of problem. Two kinds share a code: `wrong_status` refuses a cancel, and
 * `image_conflict` refuses a copy.
 * @see https://cloud.baidu.com/doc/BCC/s/Ojwvyo6nc
 */
export const ERROR_ANSWERS: Readonly<Record<ProblemKind, BceError>> = {
  invalid: { status: 400, code: 'InappropriateJSON' },
  destination_region: { status: 409, code: 'Image.RegionNotSupportCopy' },
  malformed_json: {
    status: 400,
    code: 'MalformedJSON',
    message: 'The JSON you provided was not well-formed.',
  },
  undecodable_path: { status: 400, code: 'InvalidURI' },
  unknown_call: { status: 400, code: 'InvalidURI' },
  method_not_allowed: { status: 405, code: 'InvalidHTTPRequest' },
  bad_http: { status: 400, code: 'InvalidHTTPRequest' },
  timed_out: { status: 408, code: 'InvalidHTTPRequest' },
  headers_too_large: { status: 431, code: 'InvalidHTTPRequest' },
  too_large: { status: 413, code: 'InvalidHTTPRequest' },
  other_project: ACCESS_DENIED,
  read_only: ACCESS_DENIED,
  job_not_found: NO_SUCH_OBJECT,
  image_not_found: NO_SUCH_OBJECT,
  share_not_found: NO_SUCH_OBJECT,
  task_not_found: NO_SUCH_OBJECT,
  wrong_status: {
    status: 409,
    code: 'Image.ImageStatusForbidden',
    message: 'Image status is not dest_copying.',
  },
  image_conflict: { status: 409, code: 'Image.ImageStatusForbidden' },
  quota_exceeded: { status: 413, code: 'Image.ImageQuotaLimitExceeded' },
  key_reused: {
    status: 403,
    code: 'IdempotentParameterMismatch',
    message: 'The request uses the same client token as a previous, but non-identical request.',
  },
  // Baidu's clients retry after 500 and 503, but not after 429.
  throttled: UNAVAILABLE,
  unavailable: UNAVAILABLE,
  identity_unavailable: {
    ...UNAVAILABLE,
    message: 'access keys cannot be checked at the moment; try again later',
  },
  internal: {
    status: 500,
    code: 'InternalError',
    message: 'We encountered an internal error. Please try again.',
  },
};

/** The answers to a request whose sender could not be authenticated. */
const REFUSALS: Readonly<Record<Refusal, BceError & { readonly message: string }>> = {
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
      'The request signature we calculated does not match the signature you provided. ' +
      'Check your Secret Access Key and signing method. Consult the service documentation for details.',
  },
  expired: {
    status: 400,
    code: 'RequestExpired',
    message: 'Request has expired. Timestamp date is out of the time that was signed.',
  },
};

export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = answerTo(error, request);
  return send(answer, request, setRetryAfter(reply, answer));
}

/** Answers a request whose sender could not be authenticated. */
export function answerRefusal(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send(REFUSALS[refusal], request, reply);
}

/** Returns the answer to a request that reaches no route. */
export const answerUnrouted: Dialect['answerUnrouted'] = ({ kind, message }, requestId) => ({
  status: ERROR_ANSWERS[kind].status,
  headers: { 'Content-Type': JSON_TYPE, 'x-bce-request-id': requestId },
  body: { requestId, code: ERROR_ANSWERS[kind].code, message },
});

/** Puts the request's id into a header of the answer. The request's log lines contain the same id. */
export function nameRequest(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-bce-request-id', request.id);
}

/** Returns this dialect's answer to an error. Logs the error if the status is 500 or higher. */
export function answerTo(error: unknown, request: FastifyRequest): BceError & Problem {
  return errorAnswerFor(ERROR_ANSWERS, error, request);
}

function send(
  { status, code, message }: BceError & { readonly message: string },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  return reply.code(status).type(JSON_TYPE).send({ requestId: request.id, code, message });
}
