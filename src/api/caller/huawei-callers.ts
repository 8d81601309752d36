import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../identity/index.ts';
import { sdkHmacSha256 } from '../../signatures/index.ts';
import { RequestProblem } from '../problem.ts';
import { type CallerOptions, requireCaller } from './require-caller.ts';

/** Returns the senders of requests to a Huawei dialect. */
export interface HuaweiCallers {
  /**
   * Returns the sender. Checks that the project in the path is the sender's.
   * @throws RequestProblem `other_project`
   */
  readerOf(request: FastifyRequest, projectId: string): Principal;
  /**
   * Returns the sender. Checks that the project in the path is the sender's, and that the sender may change
   * something.
   * @throws RequestProblem `other_project` or `read_only`
   */
  writerOf(request: FastifyRequest, projectId: string): Principal;
}

/**
 * Refuses requests to a Huawei dialect that have neither a valid token nor a valid signature
 * (`SDK-HMAC-SHA256`).
 */
export function requireHuaweiCaller(
  scope: FastifyInstance,
  options: Pick<CallerOptions<never>, 'identity' | 'admit' | 'refuse'>,
): HuaweiCallers {
  scope.addHook('onRequest', async (request, reply) => {
    nameRequest(request, reply);
  });
  const callerOf = requireCaller(scope, { ...options, scheme: sdkHmacSha256 });
  const readerOf = (request: FastifyRequest, projectId: string): Principal => {
    const caller = callerOf(request);
    if (caller.tenant_id === projectId) return caller;
    throw new RequestProblem('other_project', `project_id: you are not signed in to ${projectId}`);
  };
  return {
    readerOf,
    writerOf(request, projectId) {
      const caller = readerOf(request, projectId);
      if (caller.may_copy) return caller;
      throw new RequestProblem('read_only', 'your roles allow you to look at tasks, not to change them');
    },
  };
}

/** The schemas of the headers of every answer of a Huawei dialect. */
export const RequestId = {
  'X-request-id': { type: 'string', description: 'The id of the request, which its log lines have too.' },
};

/** Puts the request's id into a header of the answer. The request's log lines contain the same id. */
function nameRequest(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('X-request-id', request.id);
}
