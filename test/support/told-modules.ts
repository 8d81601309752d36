/**
 * Is loaded into a process with `--import`. It tells, on stderr, each module of OpenTelemetry that is loaded,
 * but those of its API: the library for Prometheus loads them anyhow.
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
