import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { EncryptionConfig } from '../config/index.ts';
import { encryptingConverter } from './encryption.ts';
import { retries } from './request-scope.ts';

/** No Temporal server answers at the configured address. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';

  constructor(address: string, options: ErrorOptions) {
    super(
      `Temporal does not answer at ${address}; start it there, or set TEMPORAL_ADDRESS to where it is`,
      options,
    );
  }
}

/**
 * Connects to Temporal with the settings that all of its tools take: `TEMPORAL_ADDRESS`,
 * `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, or a profile of the configuration file
 * (`TEMPORAL_PROFILE`, `TEMPORAL_CONFIG_FILE`).
 * @param encryption encrypts all that the client sends, and decrypts all that it reads; `null` for none
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
