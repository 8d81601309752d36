import type { FastifyInstance } from 'fastify';
import type { DialectContext } from './dialect.ts';

/** `/healthz`: the process answers. `/readyz`: so do Temporal and the identity behind it. */
export function addHealthRoutes(app: FastifyInstance, { jobs, identity }: DialectContext): void {
  const schema = { security: [], tags: ['health'] };
  app.get('/healthz', { schema }, async () => ({ status: 'ok' }));
  app.get('/readyz', { schema }, async (request, reply) => {
    try {
      await Promise.all([jobs.check(), identity.check()]);
      return { status: 'ok' };
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable' });
    }
  });
}
