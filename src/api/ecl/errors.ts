import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../dialect.ts';
import {
  type ErrorAnswer,
  errorAnswerFor,
  type Problem,
  type ProblemKind,
  setRetryAfter,
} from '../problem.ts';

/** This dialect's status for each kind of problem, and its own message for some. */
export const ERROR_ANSWERS: Readonly<Record<ProblemKind, ErrorAnswer>> = {
  invalid: { status: 400 },
  destination_region: { status: 400 },
  malformed_json: { status: 400 },
  undecodable_path: { status: 404 },
  unknown_call: { status: 404 },
  method_not_allowed: { status: 405 },
  bad_http: { status: 400 },
  timed_out: { status: 408 },
  headers_too_large: { status: 431 },
  too_large: { status: 413 },
  other_project: { status: 403 },
  read_only: { status: 403 },
  job_not_found: { status: 404 },
  image_not_found: { status: 404 },
  share_not_found: { status: 404 },
  task_not_found: { status: 404 },
  wrong_status: { status: 409 },
  image_conflict: { status: 409 },
  quota_exceeded: { status: 413 },
  key_reused: { status: 422 },
  throttled: { status: 429 },
  unavailable: { status: 503 },
  identity_unavailable: {
    status: 503,
    message: 'tokens cannot be checked at the moment; try again later',
  },
  internal: { status: 500 },
};

/** The names that the fields of a copy request have in this dialect. */
const FIELDS: Readonly<Record<string, string>> = {
  'source.region': 'region_id_src',
  'source.image_id': 'image_id',
  'destination.region': 'region_id_dst',
  'destination.tenant_id': 'tenant_id_dst',
  'destination.image_name': 'image_name_dst',
};

/** Sends an error. NTT's own client (eclsdk) reads the key `message` of the body. */
export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = errorAnswerFor(ERROR_ANSWERS, error, request);
  const { status } = answer;
  return setRetryAfter(reply, answer)
    .code(status)
    .send(bodyOf(status, messageOf(answer)));
}

/** Returns the answer to a request that reaches no route. */
export const answerUnrouted: Dialect['answerUnrouted'] = ({ kind, message }, requestId) => ({
  status: ERROR_ANSWERS[kind].status,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Openstack-Request-Id': requestId },
  body: bodyOf(ERROR_ANSWERS[kind].status, message),
});

function bodyOf(status: number, message: string): object {
  return { code: status, title: STATUS_CODES[status] ?? 'Error', message };
}

/**
 * Refuses a request without a valid token, exactly as NTT's documentation shows it. In addition, the header
 * `WWW-Authenticate` says where to get a token, as the headers of OpenStack's services do.
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

/** Returns the message, with the field's name in this dialect at its beginning. */
function messageOf({ field, message }: Problem): string {
  if (field === null) return message;
  const name = FIELDS[field] ?? field;
  const problem = message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
  return `${name}: ${problem}`;
}
