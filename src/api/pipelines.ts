import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * The largest number of requests on one connection that wait for their answers. The vendors' clients send one
 * request after the other.
 */
export const MAX_PIPELINED = 8;

/**
 * Ends a connection on which too many requests wait for their answers. Node.js takes all requests of a packet
 * at once. Even to refuse hundreds of requests would make all other clients wait.
 */
export function limitPipelines({ server }: FastifyInstance): void {
  const waiting = new WeakMap<Socket, number>();
  const [serve] = server.listeners('request');
  if (serve === undefined) throw new Error('the HTTP server has no handler for requests');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const count = (waiting.get(socket) ?? 0) + 1;
    if (count > MAX_PIPELINED && !socket.destroyed) destroyCheaply(socket);
    if (socket.destroyed) {
      // Otherwise Node.js would report an error for this request when the connection closes.
      request.destroy();
      return;
    }
    waiting.set(socket, count);
    response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
    serve(request, response);
  });
}

/**
 * Ends a connection, with stack traces off. Node.js creates an error for each request that it has read. The
 * stack traces of hundreds of errors, which nobody sees, would take longer than everything else.
 */
function destroyCheaply(socket: Socket): void {
  const { stackTraceLimit } = Error;
  socket.prependOnceListener('close', () => {
    Error.stackTraceLimit = 0;
  });
  socket.once('close', () => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  socket.destroy();
}
