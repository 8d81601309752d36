import fastifyOtel from '@fastify/otel';
import { context } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';

/** Paths that load balancers request all the time. */
const UNTRACED = ['/healthz', '/readyz'];

/**
 * Makes a span for each request that is not a health check. The name of a span is the method and the route,
 * as OpenTelemetry's conventions say. The query is left out, because it may hold a signature.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export async function traceRequests(app: FastifyInstance): Promise<void> {
  const instrumentation = new fastifyOtel.FastifyOtelInstrumentation({
    instrumentHooks: false,
    instrumentHandler: false,
    // The log has the stack trace, and the span's status has the message.
    recordExceptions: false,
    ignorePaths: ({ url }) => UNTRACED.includes(pathOf(url)),
    requestHook(span, { method, url, routeOptions }) {
      const route = routeOptions.url;
      span.updateName(route === undefined ? method : `${method} ${route}`);
      span.setAttribute('url.path', pathOf(url));
    },
  });
  await app.register(instrumentation.plugin());
  // A request with a body loses its context while the body arrives.
  app.addHook('preHandler', (request, _reply, done) => {
    const { context: requestContext } = request.opentelemetry();
    if (requestContext === null) return done();
    context.with(requestContext, done);
  });
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? '';
}
