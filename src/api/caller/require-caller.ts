import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity, Principal } from '../../identity/index.ts';
import type { SignatureScheme } from '../../signatures/index.ts';
import { parseJson } from '../json.ts';
import type { Admission } from './admission.ts';
import { Callers } from './callers.ts';
import { findCaller, type Refusal } from './signed-caller.ts';

/** The signatures of a dialect's requests, and its answer if the sender is not known. */
export interface CallerOptions<Claim extends { readonly access: string }> {
  readonly identity: Identity;
  readonly scheme: SignatureScheme<Claim>;
  readonly admit: Admission;
  /** Sends the dialect's own error. */
  refuse(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/**
 * Refuses every request to a dialect if its sender is not known. Reads the bytes of the body first, because
 * the signature covers them; they are parsed afterwards.
 * @param scope the dialect's own scope, which MUST have no routes yet
 * @returns a function that tells a route who has sent its request
 */
export function requireCaller<Claim extends { readonly access: string }>(
  scope: FastifyInstance,
  { identity, scheme, admit, refuse }: CallerOptions<Claim>,
): (request: FastifyRequest) => Principal {
  const callers = new Callers(admit);
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
    await callers.add(request, caller);
    request.body = await parseJson(request, body);
  });
  return (request) => callers.of(request);
}
