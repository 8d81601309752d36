import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import type { EncryptionConfig } from '../config/index.ts';
import { clientOptions, temporalSettings } from './connection-options.ts';
import { encryptingConverter } from './encryption.ts';
import { retryInterceptor } from './request-scope.ts';

/** No Temporal server answers at the configured address. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';

  /** @param proxy the `host:port` of the proxy on the way to Temporal; `null` if there is none */
  constructor(address: string, proxy: string | null, options: ErrorOptions) {
    super(
      proxy === null
        ? `Temporal does not answer at ${address}; start it there, or set TEMPORAL_ADDRESS to where it is`
        : `Temporal does not answer at ${address} by way of the proxy ${proxy}; ` +
            'see whether the proxy lets you there, or name the host in NO_PROXY',
      options,
    );
  }
}

/**
 * Connects to Temporal with the settings of the environment.
 * @param encryption the keys with which the client encrypts payloads and decrypts them; `null` for no
 * encryption
 * @param interceptors interceptors for the client's calls about workflows
 * @throws TemporalUnreachable, UnusableProxy
 */
export async function connectClient(
  encryption: EncryptionConfig | null,
  interceptors: readonly WorkflowClientInterceptor[] = [],
): Promise<Client> {
  const dataConverter = await encryptingConverter(encryption);
  const settings = temporalSettings();
  const { address, namespace, tunnel } = settings;
  const connection = await Connection.connect({
    ...clientOptions(settings),
    connectTimeout: '5s',
    interceptors: [retryInterceptor],
  }).catch((cause) => {
    throw new TemporalUnreachable(address, tunnel?.proxy ?? null, { cause });
  });
  return new Client({
    connection,
    namespace,
    interceptors: { workflow: [...interceptors] },
    ...(dataConverter && { dataConverter }),
  });
}
