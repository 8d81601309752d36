import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { openAgent } from '../../../src/http/index.ts';
import { freePort } from '../../support/free-port.ts';
import { spawnProcess } from '../../support/process.ts';
import { until } from '../../support/until.ts';
import { goProgram } from './go-program.ts';

/** A real S3 server on loopback: versitygw over a folder. */
export interface Gateway {
  readonly endpoint: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Its only account, unless another one is given. */
export const ACCOUNT = { accessKeyId: 'test', secretAccessKey: 'test-secret' };

export interface GatewayOptions {
  /** The port; by default a free one. */
  readonly port?: number;
  /** PEM files for TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly account?: typeof ACCOUNT;
  /**
   * A network namespace for the server: an address in it, and a program, with its arguments, that enters it.
   */
  readonly inside?: { readonly host: string; readonly wrap: readonly string[] };
}

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { port, tls, inside, account: { accessKeyId, secretAccessKey } = ACCOUNT } = options;
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-s3-'));
  const inFolder = (name: string) => join(folder, name);
  const [data, sidecar, versions] = [inFolder('data'), inFolder('metadata'), inFolder('versions')];
  for (const path of [data, sidecar, versions]) await mkdir(path);
  const address = `${inside?.host ?? '127.0.0.1'}:${port ?? (await freePort())}`;
  const account = ['--access', accessKeyId, '--secret', secretAccessKey];
  const args = [
    '--port',
    address,
    ...account,
    ...(tls ? ['--cert', tls.cert, '--key', tls.key] : []),
    '--quiet',
    '--keep-alive',
    'posix',
    '--sidecar',
    sidecar,
    '--versioning-dir',
    versions,
    data,
  ];
  const versitygw = await goProgram('github.com/versity/versitygw/cmd/versitygw', 'v1.8.0');
  const [program = versitygw, ...rest] = [...(inside?.wrap ?? []), versitygw, ...args];
  const server = spawnProcess(program, rest);
  const endpoint = `${tls ? 'https' : 'http'}://${address}`;
  const dispatcher = openAgent({ verify: false, ca: null });
  await until(async () => {
    if (server.exitCode !== null) throw new Error(`versitygw has ended: ${server.output()}`);
    return request(endpoint, { dispatcher }).then(
      ({ body }) => body.dump().then(() => true),
      () => false,
    );
  });
  await dispatcher.close();
  return {
    endpoint,
    folder: data,
    async stop() {
      await server.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
