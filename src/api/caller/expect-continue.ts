import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** The requests whose clients wait for `100 Continue` before they send the body (`Expect: 100-continue`). */
const waiting = new WeakSet<IncomingMessage>();

/**
 * Lets clients that have sent `Expect: 100-continue` wait until `continueAfterCheck` sends `100 Continue`,
 * after the sender was checked. By default, Node.js sends it at once.
 */
export function holdBodiesBack({ server }: FastifyInstance): void {
  server.on('checkContinue', (request, response) => {
    waiting.add(request);
    server.emit('request', request, response);
  });
}

/**
 * Sends `100 Continue` to the waiting clients of a scope's requests, after its `onRequest` hooks, which check
 * the senders.
 */
export function continueAfterCheck(scope: FastifyInstance): void {
  scope.addHook('preParsing', async (request, reply) => {
    if (waiting.delete(request.raw)) reply.raw.writeContinue();
  });
}
