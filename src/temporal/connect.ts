import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { EncryptionConfig } from '../config/index.ts';
import { encryptingConverter } from './encryption.ts';
import { retries } from './request-scope.ts';

/** There is no Temporal server where we were told to look. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';

  constructor(address: string, options: ErrorOptions) {
    super(`Temporal does not answer at ${address}; TEMPORAL_ADDRESS says where it is`, options);
  }
}

/**
 * Connects as every Temporal tool does: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS_*`, or a profile of the configuration file (`TEMPORAL_PROFILE`, `TEMPORAL_CONFIG_FILE`).
 * @param encryption of what the client sends and reads; `null`: none
 * @throws TemporalUnreachable
 * @see https://docs.temporal.io/develop/environment-configuration
 */
export async function connectClient(encryption: EncryptionConfig | null): Promise<Client> {
  const dataConverter = await encryptingConverter(encryption);
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await Connection.connect({
    ...connectionOptions,
    connectTimeout: '5s',
    interceptors: [retries],
  }).catch((cause) => {
    throw new TemporalUnreachable(connectionOptions.address ?? 'localhost:7233', { cause });
  });
  return new Client({
    connection,
    namespace: namespace ?? 'default',
    ...(dataConverter && { dataConverter }),
  });
}
