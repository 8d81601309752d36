import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../metrics/index.ts';

/** The dialect of each request. */
const dialects = new WeakMap<FastifyRequest, string>();

/** Counts every request that is answered, by route and not by path, because a path may contain ids. */
export function countRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const { isStream = false } = request.routeOptions.config as { readonly isStream?: boolean };
    metrics.request({
      dialect: dialects.get(request) ?? 'none',
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      seconds: isStream ? null : reply.elapsedTime / 1000,
    });
  });
}

/** Notes that all requests to a scope belong to a dialect. */
export function nameDialect(scope: FastifyInstance, dialect: string): void {
  scope.addHook('onRequest', async (request) => {
    dialects.set(request, dialect);
  });
}
