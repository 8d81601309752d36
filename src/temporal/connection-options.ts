import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { type Tunnel, tunnelTo } from '../http/index.ts';

const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = '7233';

/**
 * The largest answer of Temporal that a client takes; bytes. A page of a list may be larger than gRPC's own
 * limit of 4 MiB. The SDK names 128 MiB too, but by a name that gRPC does not know.
 */
const MAX_ANSWER = 128 * 1024 * 1024;

/** The address of Temporal and the way to it, read from the environment. */
export interface TemporalSettings {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  /** The proxy through which Temporal is reached; `null` if it is reached directly. */
  readonly tunnel: Tunnel | null;
  /** The other options of the connection, without the proxy. */
  readonly options: NativeConnectionOptions;
}

/**
 * Reads the settings that all of Temporal's tools take: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
 * `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, or a profile of the configuration file (`TEMPORAL_PROFILE`,
 * `TEMPORAL_CONFIG_FILE`). Reads the proxy from `https_proxy` and similar variables.
 * @throws UnusableProxy
 * @see https://docs.temporal.io/develop/environment-configuration
 */
export function temporalSettings(): TemporalSettings {
  const { connectionOptions: options, namespace = 'default' } = loadClientConnectConfig();
  const named = options.address ?? DEFAULT_HOST;
  const address = /:\d+$/.test(named) ? named : `${named}:${DEFAULT_PORT}`;
  return { address, namespace, tunnel: tunnelTo(address, process.env), options };
}

/** Returns the options of a client's connection. */
export function clientOptions({ address, tunnel, options }: TemporalSettings): ConnectionOptions {
  // Clients and workers both take their proxy from `tunnel`. So gRPC is told not to read the proxy variables
  // by itself.
  const direct = { 'grpc.enable_http_proxy': 0, 'grpc.max_receive_message_length': MAX_ANSWER };
  if (tunnel === null) return { ...options, channelArgs: direct };
  const { proxy, credentials } = tunnel;
  const channelArgs = {
    ...direct,
    'grpc.default_authority': address,
    'grpc.http_connect_target': `dns:${address}`,
    ...(credentials && { 'grpc.http_connect_creds': `${credentials.username}:${credentials.password}` }),
  };
  return { ...options, address: proxy, channelArgs };
}

/** Returns the options of a worker's connection. */
export function workerOptions({ tunnel, options }: TemporalSettings): NativeConnectionOptions {
  if (tunnel === null) return options;
  const { proxy: targetHost, credentials } = tunnel;
  return {
    ...options,
    proxy: { type: 'http-connect', targetHost, ...(credentials && { basicAuth: credentials }) },
  };
}
