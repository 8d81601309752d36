import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How many requests of one connection may wait for their answers. No client of the vendors sends two. */
export const MAX_PIPELINED = 8;

/**
 * Ends a connection on which too many requests wait for their answers. Node.js reads all requests of a packet
 * at once: hundreds of them, even if each were only refused, would keep everybody else's waiting.
 */
export function boundPipelines({ server }: FastifyInstance): void {
  const waiting = new WeakMap<Socket, number>();
  const [serve] = server.listeners('request');
  if (serve === undefined) throw new Error('the HTTP server has no handler for requests');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const here = (waiting.get(socket) ?? 0) + 1;
    if (here > MAX_PIPELINED) socket.destroy();
    if (socket.destroyed) {
      // When a connection closes, Node.js makes an error for each request that has not ended yet.
      request.destroy();
      return;
    }
    waiting.set(socket, here);
    response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
    serve(request, response);
  });
}
