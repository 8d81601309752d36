export { openProbe } from './probe.ts';
export { openSdkMetrics } from './sdk-metrics.ts';
export { runWorkers } from './workers.ts';
