import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { DialectContext } from './dialect.ts';
import { dialects } from './dialects.ts';
import { addHealthRoutes } from './health.ts';
import { parseJson } from './json.ts';

/** The REST facade: every dialect, `/openapi.json`, `/healthz` and `/readyz`. Does not listen yet. */
export async function createApi(
  context: DialectContext,
  logger: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger,
    bodyLimit: context.config.bodyLimit,
    genReqId: () => `req-${randomUUID()}`,
    routerOptions: { maxParamLength: 1000 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    // A path that cannot be decoded names nothing that exists.
    frameworkErrors: (_error, request, reply) =>
      void reply
        .status(404 as never)
        .header(REQUEST_ID, request.id)
        .send(notFound(request) as never),
  });
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  // A connection that outlives its request would keep a process that is told to end.
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('Connection', 'close');
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID, request.id);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, parseJson);
  app.setNotFoundHandler((request, reply) => reply.code(404).send(notFound(request)));
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: API_INFO, components: COMPONENTS } });
  for (const dialect of dialects) {
    await app.register(async (scope) => dialect.register(scope, context));
  }
  addHealthRoutes(app, context);
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app;
}

const REQUEST_ID = 'X-Openstack-Request-Id';

const API_INFO = {
  title: 'image-replicator',
  version: '2.0.0',
  description: 'Copies of machine images from one region to another.',
};

const COMPONENTS = {
  securitySchemes: {
    token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
    signature: { type: 'apiKey', in: 'header', name: 'Authorization' },
  },
} as const;

function notFound({ url }: { readonly url: string }): object {
  return { code: 404, title: 'Not Found', message: `there is nothing at ${url.split('?')[0]}` };
}
