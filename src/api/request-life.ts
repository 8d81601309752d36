import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DialectContext } from './dialect.ts';

/**
 * A request that changes something is carried out to its end even if its client has disconnected, because a
 * half-done cancel helps nobody.
 */
const isChange = ({ method }: FastifyRequest) => method !== 'GET' && method !== 'HEAD';

/**
 * Aborts the work for a request when its client disconnects, unless the request changes something. Listens to
 * the connection and not to each request, because a client may send many requests on one connection and
 * disconnect, which Node.js reports only for the connection.
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
      for (const life of underWay) life.abort(new Error('the client has gone'));
    });
    return underWay;
  };

  app.addHook('preHandler', (request, _reply, done) => {
    const { socket } = request.raw;
    const life = new AbortController();
    requests.set(request, life);
    if (socket.destroyed) life.abort(new Error('the client has gone'));
    else if (!isChange(request)) underWayOn(socket).add(life);
    // The handler, which `done` calls, runs within the asynchronous context of `forRequest`.
    void forRequest(life.signal, async () => done(), request.id);
  });
  // From here on, the answer is only sent, and there is no work left to abort. `onResponse` would be the
  // wrong hook: it is not called if the client has disconnected.
  app.addHook('onSend', async (request) => {
    const life = requests.get(request);
    if (life !== undefined) connections.get(request.raw.socket)?.delete(life);
  });
}
