import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { withinTime } from '../wait/index.ts';
import type { DialectContext } from './dialect.ts';
import { ErrorBody } from './ecl/index.ts';

/** The longest time for a check; milliseconds. Load balancers do not wait much longer. */
const MAX_CHECK = 1800;

export const HEALTH_TAG = { name: 'health', description: 'For load balancers; needs no token.' };

const documented = { tags: [HEALTH_TAG.name], security: [] };
const Good = Type.Object({ status: Type.Literal('ok') });
const Unavailable = Type.Object({ status: Type.Literal('unavailable') });
const BAD_HTTP = { ...ErrorBody, description: 'The request is not valid HTTP.' };

/**
 * Adds `/healthz`, which answers as long as the process runs, and `/readyz`, which checks that Temporal and
 * the identity answer.
 */
export function addHealthRoutes(app: FastifyInstance, { jobs, identity }: DialectContext): void {
  const healthz = {
    ...documented,
    operationId: 'isAlive',
    summary: 'Tell whether the process runs',
    description: 'Answers as long as the process runs, and checks nothing else.',
    response: { 200: { ...Good, description: 'The process runs.' }, 400: BAD_HTTP },
  };
  const readyz = {
    ...documented,
    operationId: 'isReady',
    summary: 'Tell whether requests can be answered',
    description: 'Asks Temporal and the identity, for 2 seconds at most.',
    response: {
      200: { ...Good, description: 'Both of them answer.' },
      400: BAD_HTTP,
      503: { ...Unavailable, description: 'One of them does not answer.' },
    },
  };
  app.get('/healthz', { schema: healthz }, async () => ({ status: 'ok' }));
  app.get('/readyz', { schema: readyz }, async (request, reply) => {
    try {
      const late = () => new Error(`no answer in ${MAX_CHECK} ms`);
      await withinTime(Promise.all([jobs.check(), identity.check()]), MAX_CHECK, late);
      return { status: 'ok' };
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable' });
    }
  });
}
