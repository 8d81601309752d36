import type { Log, Tracing } from './tracing.ts';

export type { Tracing } from './tracing.ts';

/**
 * Opens tracing, as OpenTelemetry's standard variables say. Returns `null`, and loads nothing, if they name
 * no endpoint or switch tracing off. An endpoint that is not an HTTP address also gives `null`, with a
 * warning in the log. It is no error, because no copy may fail for the sake of a trace.
 * @param name the name of the service, if `OTEL_SERVICE_NAME` names none
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export async function openTracing(name: string, log: Log, env = process.env): Promise<Tracing | null> {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || env.OTEL_TRACES_EXPORTER === 'none' || env.OTEL_SDK_DISABLED?.toLowerCase() === 'true')
    return null;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    // The address itself may have a password.
    log.warn({}, 'nothing is traced: the OTLP endpoint does not begin with http:// or https://');
    return null;
  }
  const { startTracing } = await import('./start.ts');
  return startTracing(name, log);
}
