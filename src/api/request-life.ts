import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DialectContext } from './dialect.ts';

/**
 * A change that a request has begun is carried out even if its client has gone: a half-done cancel helps
 * nobody.
 */
const isChange = ({ method }: FastifyRequest) => method !== 'GET' && method !== 'HEAD';

/**
 * Ends the work for a request when its client has gone, and does not begin it afterwards. A client that sends
 * many requests at once on one connection and hangs up leaves them all behind; Node.js reports that only on
 * the connection.
 */
export function endWithClient(
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
      for (const request of underWay) request.abort(new Error('the client has gone'));
    });
    return underWay;
  };

  app.addHook('preHandler', (request, _reply, done) => {
    const { socket } = request.raw;
    const life = new AbortController();
    requests.set(request, life);
    if (socket.destroyed) life.abort(new Error('the client has gone'));
    else if (!isChange(request)) underWayOn(socket).add(life);
    // Whatever `done` calls runs within the scope in which it is called.
    void forRequest(life.signal, async () => done(), request.id);
  });
  // From here on the answer is only sent. It may never arrive, and `onResponse` does not tell of clients that
  // are gone.
  app.addHook('onSend', async (request) => {
    const life = requests.get(request);
    if (life !== undefined) connections.get(request.raw.socket)?.delete(life);
  });
}
