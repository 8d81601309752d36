import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../identity/index.ts';
import { sdkHmacSha256 } from '../signatures/index.ts';
import { type CallerOptions, requireCaller } from './require-caller.ts';

/** A caller who may not do what it asks for: another project's, or a reader. */
export class NotPermitted extends Error {
  override readonly name = 'NotPermitted';
  readonly code: 'other_project' | 'not_permitted';

  constructor(code: NotPermitted['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Who asks a service of Huawei's. Both throw `NotPermitted`. */
export interface HuaweiCallers {
  /** The caller, who has to be signed in to the project of the path. */
  ownerOf(request: FastifyRequest, projectId: string): Principal;
  /** The same, who has to be more than a reader. */
  writerOf(request: FastifyRequest, projectId: string): Principal;
}

/** What `requireCaller` does, as all services of Huawei's have it, each with its own `refuse`. */
export function requireHuaweiCaller(
  scope: FastifyInstance,
  options: Pick<CallerOptions<never>, 'identity' | 'refuse'>,
): HuaweiCallers {
  scope.addHook('onRequest', async (request, reply) => {
    nameRequest(request, reply);
  });
  const callerOf = requireCaller(scope, { ...options, scheme: sdkHmacSha256 });
  const ownerOf = (request: FastifyRequest, projectId: string): Principal => {
    const caller = callerOf(request);
    if (caller.tenant_id === projectId) return caller;
    throw new NotPermitted('other_project', `project_id: you are not signed in to ${projectId}`);
  };
  return {
    ownerOf,
    writerOf(request, projectId) {
      const caller = ownerOf(request, projectId);
      if (caller.may_copy) return caller;
      throw new NotPermitted('not_permitted', 'your roles allow you to look at tasks, and no more');
    },
  };
}

/** Tells in the answer what the request is called in the log. */
export function nameRequest(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('X-request-id', request.id);
}
