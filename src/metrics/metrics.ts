import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Side } from '../image/index.ts';

/**
 * The buckets of the histograms; seconds. Parts range from a small one on a fast disk to a large one over a
 * slow network.
 */
const PART_BUCKETS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
const REQUEST_BUCKETS = [0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Metrics of Node.js itself whose names break Prometheus' conventions. They are left out. */
const MISNAMED: readonly string[] = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
];

/**
 * The metrics of one process. docs/metrics.md explains all of them. Labels have few values (regions, sides,
 * codes, routes) and MUST NOT be tenants, jobs or images.
 */
export interface Metrics {
  /** Counts bytes that were read from a region. */
  read(region: string, bytes: number): void;
  /** Counts bytes that were written to a region. */
  written(region: string, bytes: number): void;
  /** Counts bytes that an attempt delivers to a region although an earlier attempt has delivered them. */
  repeated(region: string, bytes: number): void;
  /** Counts bytes that a region's server has copied by itself. */
  copiedByServer(region: string, bytes: number): void;
  /** Counts bytes whose digest was computed. */
  digested(bytes: number): void;
  /** Notes how long it took to read a part from a region, or to put a block or an upload there. */
  part(side: Side, region: string, seconds: number): void;
  /** Counts a fault of a store. */
  fault(side: Side, region: string, code: string): void;
  /** Notes that a transfer into a region has begun (1) or has ended (-1). */
  transfers(region: string, change: 1 | -1): void;
  /** Counts a request that the facade has answered. */
  request(request: AnsweredRequest): void;
  /** Adds a gauge, which is measured at each scrape. */
  gauge(name: string, help: string, labels: readonly string[], measure: Measure): void;
  /** Returns everything in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Returns the values of a gauge, each with its labels. If the call rejects, the gauge has no value. */
export type Measure = () => Promise<readonly (readonly [labels: Record<string, string>, value: number])[]>;

/** A request that was answered. */
export interface AnsweredRequest {
  readonly dialect: string;
  readonly method: string;
  /** The pattern of its route, such as `/v2/jobs/:id`; never the path of the request. */
  readonly route: string;
  readonly status: number;
  /** How long the answer took; `null` for a stream of events, which has no end of its own. */
  readonly seconds: number | null;
}

/** Makes the metrics of a process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const { read, written, repeated, copied, digested, parts, faults, transfers, requests, durations } =
    instruments(registers);
  return {
    read: (region, bytes) => read.inc({ region }, bytes),
    written: (region, bytes) => written.inc({ region }, bytes),
    repeated: (region, bytes) => repeated.inc({ region }, bytes),
    copiedByServer: (region, bytes) => copied.inc({ region }, bytes),
    digested: (bytes) => digested.inc(bytes),
    part: (side, region, seconds) => parts.observe({ side, region }, seconds),
    fault: (side, region, code) => faults.inc({ side, region, code }),
    transfers: (region, change) => transfers.inc({ region }, change),
    request: ({ dialect, method, route, status, seconds }) => {
      requests.inc({ dialect, method, route, status: String(status) });
      if (seconds !== null) durations.observe({ dialect }, seconds);
    },
    gauge(name, help, labels, measure) {
      const gauge = new Gauge({
        name: `image_replicator_${name}`,
        help,
        labelNames: [...labels],
        registers,
        async collect() {
          gauge.reset();
          // A gauge without labels is now 0.
          if (labels.length === 0) gauge.remove({});
          const values = await measure().catch(() => []);
          for (const [labelValues, value] of values) gauge.set(labelValues, value);
        },
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Makes the counters, the histograms and the gauge whose values come from calls of `Metrics`. */
function instruments(registers: Registry[]) {
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `image_replicator_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name: `image_replicator_${name}`, help, labelNames, buckets, registers });
  const read = counter('read_bytes_total', 'Bytes read from a region.', ['region']);
  const written = counter('written_bytes_total', 'Bytes that a region has taken.', ['region']);
  const repeated = counter(
    'repeated_bytes_total',
    'Bytes that are delivered to a region again after an attempt at their copy has broken off.',
    ['region'],
  );
  const copied = counter(
    'server_copied_bytes_total',
    'Bytes that the server of a region has copied by itself.',
    ['region'],
  );
  const digested = counter('digested_bytes_total', 'Bytes whose digest was computed.', []);
  const parts = histogram(
    'part_duration_seconds',
    'Time to read a part from a source, or to put a block or an upload at a destination.',
    ['side', 'region'],
    PART_BUCKETS,
  );
  const faults = counter(
    'store_faults_total',
    'Faults that stores have answered with. After a temporary fault, the step is tried again.',
    ['side', 'region', 'code'],
  );
  const transfers = new Gauge({
    name: 'image_replicator_transfers',
    help: 'Transfers under way, by destination region.',
    labelNames: ['region'],
    registers,
  });
  const requests = counter('http_requests_total', 'Requests that the facade has answered.', [
    'dialect',
    'method',
    'route',
    'status',
  ]);
  const durations = histogram(
    'http_request_duration_seconds',
    'Time from the first byte of a request to the last one of its answer.',
    ['dialect'],
    REQUEST_BUCKETS,
  );
  return { read, written, repeated, copied, digested, parts, faults, transfers, requests, durations };
}
