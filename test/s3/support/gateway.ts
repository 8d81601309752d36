import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { spawnProcess } from '../../support/process.ts';
import { goProgram } from './go-program.ts';
import { ACCOUNT, type S3Server, type S3ServerOptions, untilAnswering } from './s3-server.ts';

/** A versitygw, which keeps objects as files in a folder. */
export interface Gateway extends S3Server {
  readonly folder: string;
}

export interface GatewayOptions extends S3ServerOptions {
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
  await untilAnswering(server, endpoint);
  return {
    endpoint,
    folder: data,
    async stop() {
      await server.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
