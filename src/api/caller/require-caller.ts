import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity, Principal } from '../../identity/index.ts';
import type { SignatureScheme } from '../../signatures/index.ts';
import { parseJson } from '../json.ts';
import type { Admission } from './admission.ts';
import { Callers } from './callers.ts';
import { continueAfterCheck } from './expect-continue.ts';
import { findSender, type Refusal } from './signed-caller.ts';

/** How a dialect's senders are authenticated, and its answer if that fails. */
export interface CallerOptions<Claim extends { readonly access: string }> {
  readonly identity: Identity;
  readonly scheme: SignatureScheme<Claim>;
  readonly admit: Admission;
  /** Sends the dialect's error for a refusal. */
  refuse(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/**
 * Authenticates the sender of every request to a dialect, and refuses the request if that fails. If the
 * headers alone are enough to refuse it, the body is not read. A signature is checked over the bytes of the
 * body, which are parsed only afterwards.
 * @param scope the dialect's scope, which MUST NOT have any routes yet
 * @returns a function by which a route gets the sender of its request
 */
export function requireCaller<Claim extends { readonly access: string }>(
  scope: FastifyInstance,
  { identity, scheme, admit, refuse }: CallerOptions<Claim>,
): (request: FastifyRequest) => Principal {
  const callers = new Callers(admit);
  const verifiers = new WeakMap<FastifyRequest, (body: Buffer) => Promise<Principal | Refusal>>();
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => body,
  );
  scope.addHook('onRequest', async (request, reply) => {
    const sender = await findSender(request, identity, scheme);
    if ('refusal' in sender) return refuse(sender.refusal, request, reply);
    if ('caller' in sender) await callers.add(request, sender.caller);
    else verifiers.set(request, sender.verify);
  });
  continueAfterCheck(scope);
  scope.addHook('preValidation', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const callerOrRefusal = await verifiers.get(request)?.(body);
    if (typeof callerOrRefusal === 'string') return refuse(callerOrRefusal, request, reply);
    if (callerOrRefusal !== undefined) await callers.add(request, callerOrRefusal);
    request.body = await parseJson(request, body);
  });
  return (request) => callers.of(request);
}
