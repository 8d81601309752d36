import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Principal } from '../../identity/index.ts';
import { sdkHmacSha256 } from '../../signatures/index.ts';
import { RequestProblem } from '../problem.ts';
import { type CallerOptions, requireCaller } from './require-caller.ts';

/** Returns the senders of requests to a Huawei dialect. */
interface HuaweiCallers {
  /**
   * Returns the sender.
   * @throws RequestProblem `other_project` if the project in the path is not the sender's
   */
  readerOf(request: FastifyRequest, projectId: string): Principal;
  /**
   * Returns the sender of a request that changes something.
   * @throws RequestProblem `other_project`; or `read_only` if the sender may not change anything
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
    reply.header('X-request-id', request.id);
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
