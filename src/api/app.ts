import { maxHeaderSize } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import type { Metrics } from '../metrics/index.ts';
import { BadHttp, newRequestId, unroutedAnswer } from './bad-http.ts';
import { holdBodiesBack, openAdmission } from './caller/index.ts';
import { countRequests, nameDialect } from './count-requests.ts';
import type { DialectContext, RegisterContext } from './dialect.ts';
import { dialects } from './dialects.ts';
import { answerError } from './ecl/index.ts';
import { addHealthRoutes } from './health.ts';
import { parseEveryBodyAsJson } from './json.ts';
import { describeApi } from './openapi.ts';
import { limitPipelines } from './pipelines.ts';
import { abortWhenClientLeaves } from './request-life.ts';
import { collectRoutes, refuseOtherMethods } from './responses.ts';
import { followCertificate, readCertificate } from './tls.ts';
import { VALIDATOR } from './validation-problem.ts';

/** How the facade records the requests that it answers. */
interface ApiOptions {
  /** Counts the requests. By default, they are not counted. */
  readonly metrics?: Metrics;
  /** `true` if each request is recorded as a span. By default, none is. */
  readonly isTraced?: boolean;
}

/**
 * Returns the REST facade with every dialect, `/openapi.json`, `/healthz` and `/readyz`. It does not listen
 * yet.
 */
export async function createApi(
  context: DialectContext,
  logger: FastifyBaseLogger,
  { metrics, isTraced = false }: ApiOptions = {},
): Promise<FastifyInstance> {
  const { tls } = context.config;
  const certificate = tls && (await readCertificate(tls));
  const badHttp = new BadHttp();
  const settings: FastifyServerOptions = {
    loggerInstance: logger,
    bodyLimit: context.config.bodyLimit,
    requestTimeout: REQUEST_TIMEOUT,
    genReqId: newRequestId,
    // An id in a path may be as long as Node.js allows. So a very long id gets the usual 404.
    routerOptions: { maxParamLength: maxHeaderSize },
    ajv: { customOptions: VALIDATOR },
    frameworkErrors: (_error, request, reply) =>
      void answerUndecodable(request as FastifyRequest, reply as unknown as FastifyReply),
    clientErrorHandler: (error, socket) => badHttp.answer(error, socket, logger),
    ...(certificate && { https: certificate }),
  };
  const app = Fastify(settings);
  if (isTraced) {
    const { traceRequests } = await import('./trace-requests.ts');
    await traceRequests(app);
  }
  limitPipelines(app);
  badHttp.watch(app);
  if (tls && certificate) {
    const stopFollowing = followCertificate(app.server as HttpsServer, tls, certificate, logger);
    app.addHook('onClose', async () => stopFollowing());
  }
  if (metrics !== undefined) countRequests(app, metrics);
  endConnectionsOnClose(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID, request.id);
  });
  holdBodiesBack(app);
  parseEveryBodyAsJson(app);
  abortWhenClientLeaves(app, context);
  const admit = await openAdmission(app, context.limitsOf);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => reply.code(404).send(notFound(request)));
  await describeApi(app);
  await addRoutes(app, { ...context, admit });
  return app;
}

/**
 * Makes each answer end its connection while the facade closes. An idle connection would keep the process
 * from ending.
 */
function endConnectionsOnClose(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('Connection', 'close');
  });
}

/** Adds every dialect and the health checks, each in a separate Fastify scope. */
async function addRoutes(app: FastifyInstance, context: RegisterContext): Promise<void> {
  for (const dialect of dialects) {
    await app.register(async (scope) => {
      nameDialect(scope, dialect.name);
      const routes = collectRoutes(scope);
      await dialect.register(scope, context);
      refuseOtherMethods(scope, routes);
    });
  }
  await app.register(async (scope) => {
    const routes = collectRoutes(scope);
    addHealthRoutes(scope, context);
    refuseOtherMethods(scope, routes);
  });
}

const REQUEST_ID = 'X-Openstack-Request-Id';
/**
 * The time within which a whole request has to arrive; milliseconds. Until a signed request has arrived, its
 * sender is not known, so anybody could hold the connection. Node.js checks the time every 30 s, and never
 * applies less than its `headersTimeout`.
 */
const REQUEST_TIMEOUT = 60_000;

/**
 * Answers a request whose path cannot be decoded, in the form of the dialect to which the path belongs. The
 * request reaches no route.
 */
function answerUndecodable({ id, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = unroutedAnswer(
    url,
    'undecodable_path',
    'the path cannot be decoded: something after a percent sign is wrong',
    id,
  );
  return reply
    .code(answer.status)
    .headers({ ...answer.headers, [REQUEST_ID]: id })
    .send(answer.body);
}

function notFound({ url }: { readonly url: string }): object {
  return { code: 404, title: 'Not Found', message: `there is nothing at ${url.split('?')[0]}` };
}
