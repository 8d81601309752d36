import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { spawnProcess } from '../../support/process.ts';
import { goProgramOf } from './go-program.ts';
import { ACCOUNT, type S3Server, type S3ServerOptions, untilAnswering } from './s3-server.ts';

const MODULE = 'github.com/seaweedfs/seaweedfs';
const VERSION = 'v0.0.0-20261109003541-7506e5f91cd6';

/** Each test has a bucket, and each bucket of the server has volumes of its own. */
const MAX_VOLUMES = 5000;

/** Starts a SeaweedFS: its S3 gateway, and the servers behind it, in one process. */
export async function startSeaweedFs(options: S3ServerOptions = {}): Promise<S3Server> {
  const { port = await freePort(), tls, account = ACCOUNT } = options;
  const program = await goProgramOf(MODULE, VERSION, 'weed');
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-s3-'));
  const inFolder = (name: string) => join(folder, name);
  await mkdir(inFolder('data'));
  await writeFile(inFolder('accounts.json'), JSON.stringify(accounts(account)));
  const flags = {
    ip: '127.0.0.1',
    'ip.bind': '127.0.0.1',
    dir: inFolder('data'),
    'master.telemetry': false,
    'master.volumeSizeLimitMB': 256,
    'volume.max': MAX_VOLUMES,
    'volume.preStopSeconds': 0,
    'filer.localSocket': inFolder('filer.sock'),
    s3: true,
    's3.port': port,
    's3.port.iceberg': 0,
    's3.port.lance': 0,
    's3.config': inFolder('accounts.json'),
    's3.localSocket': inFolder('s3.sock'),
    ...(tls && { 's3.cert.file': tls.cert, 's3.key.file': tls.key }),
    ...(await portsOf('master', 'volume', 'filer')),
    's3.port.grpc': await freePort(),
  };
  const args = Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
  const server = spawnProcess(program, [`-logdir=${folder}`, 'server', ...args], {
    // A bucket gets one new volume at a time, instead of seven.
    WEED_MASTER_VOLUME_GROWTH_COPY_1: '1',
  });
  const endpoint = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  await untilAnswering(server, endpoint);
  return {
    endpoint,
    async stop() {
      await server.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function portsOf(...servers: string[]): Promise<Record<string, number>> {
  const names = servers.flatMap((name) => [`${name}.port`, `${name}.port.grpc`]);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])));
}

/** Returns the file of the server's accounts. */
function accounts({ accessKeyId: accessKey, secretAccessKey: secretKey }: typeof ACCOUNT) {
  const actions = ['Admin', 'Read', 'List', 'Tagging', 'Write'];
  return { identities: [{ name: 'test', credentials: [{ accessKey, secretKey }], actions }] };
}
