/**
 * This module is loaded into a process with `--import`. It writes the name of each loaded OpenTelemetry
 * module to stderr. It leaves out those of the API, which the Prometheus library loads in any case.
 */
import { registerHooks } from 'node:module';

const TOLD =
  /node_modules\/(@fastify\/otel|@opentelemetry\/(?!api\/)|@temporalio\/interceptors-opentelemetry)/;

registerHooks({
  load(url, context, next) {
    if (TOLD.test(url)) process.stderr.write(`loads ${url}\n`);
    return next(url, context);
  },
});
