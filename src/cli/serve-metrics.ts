import { Option } from 'commander';
import type { Config } from '../config/index.ts';
import { type Metrics, type MetricsServer, serveMetrics } from '../metrics/index.ts';
import { asListenError } from './listen-errors.ts';
import { wholeNumber } from './whole-number.ts';

/** Returns the option `--metrics-port`, by which processes on one machine can share a configuration. */
export function metricsPortOption(): Option {
  return new Option(
    '--metrics-port <port>',
    'serve metrics and health at this port (default: metrics.port of the configuration)',
  ).argParser(wholeNumber(0, 65_535));
}

/**
 * Returns the address at which a process serves its metrics; `null` if neither the configuration nor the
 * option names one.
 */
export function metricsAddress(
  { metrics }: Config,
  port: number | undefined,
): { readonly host: string; readonly port: number } | null {
  if (port === undefined) return metrics;
  return { host: metrics?.host ?? '127.0.0.1', port };
}

/** Serves the metrics and the health of the process, if there is an address for them. */
export async function startMetrics(
  address: { readonly host: string; readonly port: number } | null,
  metrics: Metrics,
  sources: { ready(): Promise<void>; more?(): Promise<string> },
): Promise<MetricsServer | null> {
  if (address === null) return null;
  return serveMetrics(address, { metrics, ...sources }).catch((error) => {
    throw asListenError('metrics', address, error);
  });
}
