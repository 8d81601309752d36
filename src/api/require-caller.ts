import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity, Principal } from '../identity/index.ts';
import type { SignatureScheme } from '../signatures/index.ts';
import { Callers } from './callers.ts';
import { parseJson } from './json.ts';
import { findCaller, type Refusal } from './signed-caller.ts';

/** How the requests of a dialect are signed, and what it answers to one that is not. */
export interface CallerOptions<Claim extends { readonly access: string }> {
  readonly identity: Identity;
  readonly scheme: SignatureScheme<Claim>;
  /** Sends the dialect's own error. */
  refuse(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/**
 * Lets no request pass to a dialect's routes unless it is known who has sent it, and tells them who it is.
 * What is signed are the body's bytes, so that they are read first; they are parsed only when the caller is
 * known.
 * @param scope the dialect's own, with no routes yet
 */
export function requireCaller<Claim extends { readonly access: string }>(
  scope: FastifyInstance,
  { identity, scheme, refuse }: CallerOptions<Claim>,
): (request: FastifyRequest) => Principal {
  const callers = new Callers();
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => body,
  );
  scope.addHook('preValidation', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const caller = await findCaller(request, body, identity, scheme);
    if (typeof caller === 'string') return refuse(caller, request, reply);
    callers.add(request, caller);
    request.body = await parseJson(request, body);
  });
  return (request) => callers.of(request);
}
