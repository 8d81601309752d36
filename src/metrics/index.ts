export { meteredDigests } from './metered-digests.ts';
export { meteredStore } from './metered-store.ts';
export { createMetrics, type Measure, type Metrics } from './metrics.ts';
export { type MetricsServer, serveMetrics } from './server.ts';
