import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { IdentityUnavailable } from '../../identity/index.ts';
import { JobError, type JobErrorCode } from '../../job-service/index.ts';
import { validationProblem } from '../validation-problem.ts';

const STATUS: Readonly<Record<JobErrorCode, number>> = {
  invalid: 400,
  not_found: 404,
  conflict: 409,
  image_not_found: 404,
  image_conflict: 409,
  forbidden: 403,
  quota_exceeded: 413,
  key_reused: 422,
  unavailable: 503,
};

/** What the fields of a copy request are called in this dialect. */
const FIELDS: Readonly<Record<string, string>> = {
  'source.region': 'region_id_src',
  'source.image_id': 'image_id',
  'destination.region': 'region_id_dst',
  'destination.tenant_id': 'tenant_id_dst',
  'destination.image_name': 'image_name_dst',
};

/** The only place where this dialect turns an error into an answer. eclsdk reads `message`. */
export function answerError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, message } = answerOf(error);
  if (status >= 500) request.log.error({ err: error }, 'request failed');
  return reply.code(status).send({ code: status, title: STATUS_CODES[status] ?? 'Error', message });
}

/**
 * The refusal of a request without a good token, to the letter of the document. Where to get one is told as
 * OpenStack's services tell it.
 * @see NTT ECL, "Get image copy job details", Error Execution Example
 */
export function answerUnauthorized(reply: FastifyReply, challenge: string | undefined): FastifyReply {
  if (challenge !== undefined) reply.header('WWW-Authenticate', challenge);
  return reply
    .code(401)
    .header('Vary', 'X-Auth-Token')
    .type('text/plain; charset=UTF-8')
    .send('401 Unauthorized\n\nAuthentication required.');
}

function answerOf(error: FastifyError | Error): { status: number; message: string } {
  if (error instanceof JobError) return { status: STATUS[error.code], message: messageOf(error) };
  if (error instanceof IdentityUnavailable) {
    return { status: 503, message: 'tokens cannot be checked at the moment; try again later' };
  }
  if ('validation' in error && error.validation) return { status: 400, message: validationProblem(error) };
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  return status < 500 ? { status, message: error.message } : { status: 500, message: 'internal error' };
}

function messageOf({ field, message }: JobError): string {
  if (field === null) return message;
  const name = FIELDS[field] ?? field;
  const problem = message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
  return `${name}: ${problem}`;
}
