import { stringify } from 'yaml';

/** One of the four services of Temporal's server. */
export interface TemporalService {
  readonly name: string;
  readonly port: number;
  readonly membershipPort: number;
}

/**
 * Returns the configuration of a Temporal server on loopback that runs all services, with a PostgreSQL at the
 * port `database`. The first service is the frontend.
 */
export function temporalConfig(database: number, services: readonly TemporalService[]): string {
  const store = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${database}`,
      connectProtocol: 'tcp',
      user: 'temporal',
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  });
  return stringify({
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: { main: store('temporal'), visibility: store('temporal_visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(
      services.map(({ name, port, membershipPort }) => [
        name,
        { rpc: { grpcPort: port, membershipPort, bindOnLocalHost: true } },
      ]),
    ),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${services[0]?.port}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
  });
}
