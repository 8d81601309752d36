import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorText } from '../text/index.ts';
import { withinTime } from '../wait/index.ts';
import type { Metrics } from './metrics.ts';

/** The sources of the answers at the metrics' address. */
export interface MetricsSources {
  readonly metrics: Metrics;
  /** More metrics in Prometheus' text format, such as those of Temporal's SDK. */
  more?(): Promise<string>;
  /** Throws if the process cannot do its work at the moment. The error says why. */
  ready(): Promise<void>;
}

/** The longest time for a readiness check; milliseconds. */
const READY_TIMEOUT = 2000;

/** A running server. */
export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/**
 * Serves `/metrics`, `/healthz` and `/readyz` at an address.
 * @throws the error of listen(2) if the server cannot listen at the address
 */
export async function serveMetrics(
  address: { readonly host: string; readonly port: number },
  sources: MetricsSources,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = request.method === 'GET' || request.method === 'HEAD' ? ROUTES[path] : undefined;
    if (answer === undefined) return send(response, 404, 'text/plain', 'there is nothing here\n');
    answer(sources, response).catch((error: Error) =>
      send(response, 503, 'text/plain', `${error.message}\n`),
    );
  });
  await listen(server, address);
  // The server alone does not keep the process running.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Route = (sources: MetricsSources, response: ServerResponse) => Promise<void>;

const ROUTES: Readonly<Record<string, Route>> = {
  '/metrics': async ({ metrics, more }, response) => {
    const [own, others] = await Promise.all([metrics.text(), more?.().catch(() => '') ?? '']);
    send(response, 200, metrics.contentType, own + others);
  },
  '/healthz': async (_sources, response) => send(response, 200, 'application/json', '{"status":"ok"}\n'),
  '/readyz': async ({ ready }, response) => {
    try {
      await withinTime(ready(), READY_TIMEOUT, () => new Error('no answer in time'));
      send(response, 200, 'application/json', '{"status":"ok"}\n');
    } catch (error) {
      const message = errorText(error);
      send(response, 503, 'application/json', `${JSON.stringify({ status: 'unavailable', message })}\n`);
    }
  },
};

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type }).end(body);
}

function listen(server: Server, address: { readonly host: string; readonly port: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(address, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}
