import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Log } from './tracing.ts';

/** The shortest time between two warnings that the collector takes no spans; milliseconds. */
const MIN_BETWEEN_WARNINGS = 10 * 60_000;

/**
 * Opens the exporter that sends spans to the collector. Logs the code of a failure as a warning, at most once
 * in `MIN_BETWEEN_WARNINGS`. Does not log OpenTelemetry's own messages: they may quote the headers of a
 * request and the collector's answer.
 */
export function openExporter(log: Log): SpanExporter {
  const exporter = new OTLPTraceExporter();
  let nextWarning = 0;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.FAILED && Date.now() >= nextWarning) {
          nextWarning = Date.now() + MIN_BETWEEN_WARNINGS;
          const { code = null } = (result.error ?? {}) as { readonly code?: string | number };
          log.warn({ code }, 'the OpenTelemetry collector takes no spans');
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
