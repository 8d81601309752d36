import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DialectContext } from './dialect.ts';

/**
 * Tells whether a request changes something. Such a request is carried out to its end even if its client has
 * disconnected, because a half-done cancel helps nobody.
 */
const isChange = ({ method }: FastifyRequest) => method !== 'GET' && method !== 'HEAD';

/**
 * Aborts the work for a request when its client disconnects, unless the request changes something. Listens to
 * the connection and not to each request: if a client has sent many requests on one connection and
 * disconnects, Node.js reports that only for the connection.
 */
export function abortWhenClientLeaves(
  app: FastifyInstance,
  { forRequest }: Pick<DialectContext, 'forRequest'>,
): void {
  const connections = new WeakMap<Socket, Set<AbortController>>();
  const requests = new WeakMap<FastifyRequest, AbortController>();

  const underWayOn = (socket: Socket): Set<AbortController> => {
    const known = connections.get(socket);
    if (known !== undefined) return known;
    const underWay = new Set<AbortController>();
    connections.set(socket, underWay);
    socket.once('close', () => {
      for (const controller of underWay) controller.abort(new Error('the client has gone'));
    });
    return underWay;
  };

  app.addHook('preHandler', (request, _reply, done) => {
    const { socket } = request.raw;
    const controller = new AbortController();
    requests.set(request, controller);
    if (socket.destroyed) controller.abort(new Error('the client has gone'));
    else if (!isChange(request)) underWayOn(socket).add(controller);
    // `done` calls the handler, so that it runs within the asynchronous context of `forRequest`.
    void forRequest(controller.signal, async () => done(), request.id);
  });
  // From here on, the answer is only sent, and there is no work left to abort. `onResponse` would be the
  // wrong hook: it is not called if the client has disconnected.
  app.addHook('onSend', async (request) => {
    const controller = requests.get(request);
    if (controller !== undefined) connections.get(request.raw.socket)?.delete(controller);
  });
}
