import { Option } from 'commander';
import type { Config } from '../config/index.ts';
import { type Metrics, type MetricsServer, serveMetrics } from '../metrics/index.ts';
import { asTaken } from './taken.ts';
import { wholeNumber } from './whole-number.ts';

/** Returns the option `--metrics-port`, for several processes on one machine with one configuration. */
export function metricsPortOption(): Option {
  return new Option(
    '--metrics-port <port>',
    'serve metrics and health at this port (default: metrics.port of the configuration)',
  ).argParser(wholeNumber(0, 65_535));
}

/** Returns the address at which a process tells its metrics; `null` if the configuration asks for none. */
export function metricsAddress(
  { metrics }: Config,
  port: number | undefined,
): { readonly host: string; readonly port: number } | null {
  if (port === undefined) return metrics;
  return { host: metrics?.host ?? '127.0.0.1', port };
}

/** Tells a process's metrics and health at an address, if there is one. */
export async function tellMetrics(
  address: { readonly host: string; readonly port: number } | null,
  metrics: Metrics,
  told: { ready(): Promise<void>; more?(): Promise<string> },
): Promise<MetricsServer | null> {
  if (address === null) return null;
  return serveMetrics(address, { metrics, ...told }).catch((error) => {
    throw asTaken('metrics', address, error);
  });
}
