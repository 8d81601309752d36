import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** Requests whose clients wait to be told that their body is wanted (`Expect: 100-continue`). */
const waiting = new WeakSet<IncomingMessage>();

/**
 * Keeps clients that wait with a body waiting until somebody asks for it. By default, Node.js asks at once.
 */
export function holdBodiesBack({ server }: FastifyInstance): void {
  server.on('checkContinue', (request, response) => {
    waiting.add(request);
    server.emit('request', request, response);
  });
}

/** Asks for the bodies of requests to a scope, after its `onRequest` hooks that know callers. */
export function askForBody(scope: FastifyInstance): void {
  scope.addHook('preParsing', async (request, reply) => {
    if (waiting.delete(request.raw)) reply.raw.writeContinue();
  });
}
