import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { DialectContext } from './dialect.ts';

/** The longest time for a check, because a load balancer waits no longer; milliseconds. */
const MAX_CHECK = 1800;

/**
 * Adds `/healthz`, which answers while the process runs, and `/readyz`, which asks Temporal and the identity.
 */
export function addHealthRoutes(app: FastifyInstance, { jobs, identity }: DialectContext): void {
  const schema = { security: [], tags: ['health'] };
  app.get('/healthz', { schema }, async () => ({ status: 'ok' }));
  app.get('/readyz', { schema }, async (request, reply) => {
    try {
      await withinTime(Promise.all([jobs.check(), identity.check()]));
      return { status: 'ok' };
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable' });
    }
  });
}

/** Waits for a check; throws if it takes too long. */
async function withinTime(check: Promise<unknown>): Promise<void> {
  const inTime = new AbortController();
  const tooLate = sleep(MAX_CHECK, undefined, { signal: inTime.signal }).then(() => {
    throw new Error(`no answer in ${MAX_CHECK} ms`);
  });
  tooLate.catch(() => {});
  try {
    await Promise.race([check, tooLate]);
  } finally {
    inTime.abort();
  }
}
