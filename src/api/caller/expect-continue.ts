import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** The requests whose clients wait for `100 Continue` before they send the body (`Expect: 100-continue`). */
const waiting = new WeakSet<IncomingMessage>();

/**
 * Lets clients that have sent `Expect: 100-continue` wait until `continueAfterCheck` answers them. By
 * default, Node.js answers them at once, before the sender is checked.
 */
export function holdBodiesBack({ server }: FastifyInstance): void {
  server.on('checkContinue', (request, response) => {
    waiting.add(request);
    server.emit('request', request, response);
  });
}

/**
 * Sends `100 Continue` to clients that wait for it. Does so after the scope's `onRequest` hooks, which check
 * the senders.
 */
export function continueAfterCheck(scope: FastifyInstance): void {
  scope.addHook('preParsing', async (request, reply) => {
    if (waiting.delete(request.raw)) reply.raw.writeContinue();
  });
}
