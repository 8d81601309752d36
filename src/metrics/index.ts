export { meteredStore } from './metered-store.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { type MetricsServer, serveMetrics } from './server.ts';
