/** Tests when a process is traced, and what it logs if the collector takes no spans. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterEach, expect, test, vi } from 'vitest';
import { openExporter } from '../../src/tracing/exporter.ts';
import { openTracing } from '../../src/tracing/index.ts';

afterEach(() => vi.unstubAllEnvs());

/** Returns a log, and the warnings that were written to it. */
function openLog() {
  const warnings: unknown[] = [];
  return { warnings, warn: (...warning: readonly unknown[]) => void warnings.push(warning) };
}

test.each<NodeJS.ProcessEnv>([
  {},
  { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' },
  { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_EXPORTER: 'none' },
])('nothing is traced with %j', async (env) => {
  const log = openLog();
  expect(await openTracing('test', log, env)).toBeNull();
  expect(log.warnings).toEqual([]);
});

test.each(['collector:4318', '//collector', 'grpc://user:secret@collector'])(
  'the bad endpoint %s does not stop the program, and the warning in the log does not quote it',
  async (endpoint) => {
    const log = openLog();
    expect(await openTracing('test', log, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toBeNull();
    expect(log.warnings).toEqual([[{}, expect.stringContaining('the OTLP endpoint does not begin with')]]);
  },
);

/** Sends the same span to a collector `batches` times, one after the other. Returns the warnings. */
async function sendTo(url: string, batches: number): Promise<readonly unknown[]> {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20secret');
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '200');
  const kept = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)] });
  provider.getTracer('test').startSpan('test').end();
  const log = openLog();
  const exporter = openExporter(log);
  for (let batch = 0; batch < batches; batch++) {
    await new Promise<void>((resolve) => exporter.export(kept.getFinishedSpans(), () => resolve()));
  }
  await provider.shutdown();
  return log.warnings;
}

test('a collector that cannot be reached is logged once, and not for each batch', async () => {
  const message = 'the OpenTelemetry collector takes no spans';
  expect(await sendTo('http://127.0.0.1:1', 3)).toEqual([[{ code: 'ECONNREFUSED' }, message]]);
});

test('what a collector quotes of its headers is not logged', async () => {
  const server: Server = createServer(({ headers }, response) => {
    response.writeHead(401, `no ${headers.authorization}`).end(JSON.stringify(headers));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const warnings = await sendTo(`http://127.0.0.1:${port}`, 1);
  server.close().closeAllConnections();
  expect(warnings).toEqual([[{ code: 401 }, expect.not.stringContaining('secret')]]);
});
