import { setTimeout as sleep } from 'node:timers/promises';
import { TraceFlags, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/worker/index.js';
import { ClientInterceptor } from './client-interceptor.ts';
import { openExporter } from './exporter.ts';
import type { Log, Tracing } from './tracing.ts';

/** The most spans of parts that a process makes in a second: a fast copy moves thousands of parts. */
const MAX_PARTS = 10;

/** How long a process that ends waits until the collector has taken its last spans; milliseconds. */
const MAX_FAREWELL = 2000;

/**
 * Starts to trace this process. At most `OTEL_BSP_MAX_QUEUE_SIZE` spans (by default 2048) wait for the
 * collector. Further ones are dropped, so that no copy waits for the collector.
 */
export function startTracing(name: string, log: Log): Tracing {
  const named = resourceFromAttributes({ 'service.name': name });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(openExporter(log))],
  });
  // Baggage is left out: clients choose its contents, which would become a part of histories.
  provider.register({ propagator: new W3CTraceContextPropagator() });
  const tracer = trace.getTracer('image-replicator');
  const mayTracePart = atMostEachSecond(MAX_PARTS);
  return {
    client: [new ClientInterceptor()],
    activity: [
      (context) => ({
        inbound: new OpenTelemetryActivityInboundInterceptor(context),
        outbound: new OpenTelemetryActivityOutboundInterceptor(context),
      }),
    ],
    part(side, region, seconds) {
      const flags = trace.getActiveSpan()?.spanContext().traceFlags ?? TraceFlags.NONE;
      if ((flags & TraceFlags.SAMPLED) === 0) return;
      if (!mayTracePart()) return;
      const now = Date.now();
      const attributes = { 'image_replicator.region': region, 'image_replicator.side': side };
      const options = { attributes, startTime: now - seconds * 1000 };
      tracer.startSpan(side === 'source' ? 'read part' : 'write part', options).end(now);
    },
    async close() {
      const sent = provider.shutdown().catch(() => {});
      await Promise.race([sent, sleep(MAX_FAREWELL, undefined, { ref: false })]);
    },
  };
}

/** Returns a function that returns `true` at most `max` times within each second of the clock. */
function atMostEachSecond(max: number): () => boolean {
  let second = 0;
  let count = 0;
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      count = 0;
    }
    count += 1;
    return count <= max;
  };
}
