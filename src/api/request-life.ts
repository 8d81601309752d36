import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DialectContext } from './dialect.ts';

const isChange = ({ method }: FastifyRequest) => method !== 'GET' && method !== 'HEAD';

/**
 * Aborts the work for a request when its client disconnects. Once a request that changes something has begun,
 * it is carried out to its end: a half-done cancel helps nobody. Listens to connections and not to requests:
 * if many requests wait on a connection, Node.js does not tell each of them that the client has disconnected.
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
    // `done` calls the handler. So the handler runs in the asynchronous context of `forRequest`.
    void forRequest(controller.signal, async () => done(), request.id);
  });
  // The work is done when the answer is sent. (`onResponse` is not called if the client has disconnected.)
  app.addHook('onSend', async (request) => {
    const controller = requests.get(request);
    if (controller !== undefined) connections.get(request.raw.socket)?.delete(controller);
  });
}
