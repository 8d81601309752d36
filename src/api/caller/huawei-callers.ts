import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../identity/index.ts';
import { sdkHmacSha256 } from '../../signatures/index.ts';
import { RequestProblem } from '../problem.ts';
import { type CallerOptions, requireCaller } from './require-caller.ts';

/** Tells who has sent a request to a service of Huawei's. */
export interface HuaweiCallers {
  /**
   * Returns the caller, who has to be signed in to the project of the path.
   * @throws RequestProblem `other_project`
   */
  ownerOf(request: FastifyRequest, projectId: string): Principal;
  /**
   * Returns the caller, who has to be signed in to the project of the path, and to be more than a reader.
   * @throws RequestProblem `other_project` or `read_only`
   */
  writerOf(request: FastifyRequest, projectId: string): Principal;
}

/** Lets only known callers pass to a service of Huawei's: their requests are signed by `SDK-HMAC-SHA256`. */
export function requireHuaweiCaller(
  scope: FastifyInstance,
  options: Pick<CallerOptions<never>, 'identity' | 'admit' | 'refuse'>,
): HuaweiCallers {
  scope.addHook('onRequest', async (request, reply) => {
    nameRequest(request, reply);
  });
  const callerOf = requireCaller(scope, { ...options, scheme: sdkHmacSha256 });
  const ownerOf = (request: FastifyRequest, projectId: string): Principal => {
    const caller = callerOf(request);
    if (caller.tenant_id === projectId) return caller;
    throw new RequestProblem('other_project', `project_id: you are not signed in to ${projectId}`);
  };
  return {
    ownerOf,
    writerOf(request, projectId) {
      const caller = ownerOf(request, projectId);
      if (caller.may_copy) return caller;
      throw new RequestProblem('read_only', 'your roles allow you to look at tasks, and no more');
    },
  };
}

/** Describes the headers of every answer of a service of Huawei's. */
export const RequestId = {
  'X-request-id': { type: 'string', description: 'The name of the request in our log.' },
};

/** Puts the request's id into the answer, under Huawei's name for it. The log has the same id. */
function nameRequest(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('X-request-id', request.id);
}
