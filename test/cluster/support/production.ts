import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { makeAuthority } from '../../packaging/support/authority.ts';
import { type Deployment, deploy } from '../../support/deployment.ts';
import { freePort } from '../../support/free-port.ts';
import { startNginxProcess, withReal } from '../../support/nginx-process.ts';
import type { TestProcess } from '../../support/process.ts';
import { type Postgresql, startPostgresql } from './postgresql.ts';
import { startTemporalCluster, type TemporalCluster } from './temporal-cluster.ts';

const NGINX = join(import.meta.dirname, '../../../deploy/nginx.conf');
const SLOW_READS = join(import.meta.dirname, '../../support/slow-reads.ts');
/** The names of the product's processes. */
export const PROCESSES = [
  'facade-1',
  'facade-2',
  'jobs-1',
  'jobs-2',
  'ot1-1',
  'ot1-2',
  'ot2-1',
  'ot2-2',
] as const;
export type ProcessName = (typeof PROCESSES)[number];

/**
 * A production: Temporal's server on PostgreSQL, two facades with TLS behind an nginx with TLS, two workers
 * that run the jobs, and two workers for each region.
 */
export interface Production {
  /** The deployment. Its `apiUrl` is the address of nginx. */
  readonly deployment: Deployment;
  readonly postgresql: Postgresql;
  readonly temporal: TemporalCluster;
  /**
   * The certificate, as PEM, of the authority that has signed the certificates of nginx and of the facades.
   */
  readonly authority: string;
  process(name: ProcessName): TestProcess;
  /** Returns the name of the process with this identity in Temporal, which begins with the process id. */
  processOf(identity: string | null | undefined): ProcessName;
  /** Starts a process again after it was killed. */
  start(name: ProcessName): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the production. If something fails, stops what was started. Workers need `readDelay` milliseconds to
 * read a chunk of an image.
 */
export async function startProduction(readDelay: number): Promise<Production> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-production-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const postgresql = await startPostgresql(join(folder, 'postgresql'));
  started.defer(postgresql.stop);
  const temporal = await startTemporalCluster(folder, postgresql.port);
  started.defer(temporal.stop);
  const authority = await makeAuthority(folder);
  const tls = await authority.issue('facade');
  const deployment = await deploy({
    address: temporal.address,
    limits: { heartbeat_timeout: '5s' },
    config: { tenant_limits: { requests_per_second: 1000 } },
    api: { tls, secret: 'shared-by-both-facades'.padEnd(64, '0') },
  });
  started.defer(deployment.stop);
  const ports = [Number(new URL(deployment.apiUrl).port), await freePort()] as const;
  const second = await writeSecond(deployment, ports[1]);
  const nginxPort = await freePort();
  const nginx = await startNginxProcess(await nginxBlock(nginxPort, ports, folder), nginxPort);
  started.defer(nginx.stop);

  const slow = { NODE_OPTIONS: `--import=${SLOW_READS}`, SLOW_READS: String(readDelay) };
  const copies = (region: string) =>
    deployment.startWith('worker', { args: ['--no-workflows', '--region', region], env: slow });
  const starts: Readonly<Record<ProcessName, () => Promise<TestProcess>>> = {
    'facade-1': () => deployment.startApi(),
    'facade-2': () => deployment.startWith('serve', { env: { IMAGE_REPLICATOR_CONFIG: second } }),
    'jobs-1': () => deployment.startWorker('--no-copies'),
    'jobs-2': () => deployment.startWorker('--no-copies'),
    'ot1-1': () => copies('ot1'),
    'ot1-2': () => copies('ot1'),
    'ot2-1': () => copies('ot2'),
    'ot2-2': () => copies('ot2'),
  };
  const processes = new Map<ProcessName, TestProcess>();
  const start = async (name: ProcessName) => void processes.set(name, await starts[name]());
  await Promise.all(PROCESSES.map(start));
  const processNamed = (name: ProcessName): TestProcess => {
    const found = processes.get(name);
    if (found === undefined) throw new Error(`${name} was not started`);
    return found;
  };
  const all = started.move();
  return {
    deployment: { ...deployment, apiUrl: `https://127.0.0.1:${nginxPort}` },
    postgresql,
    temporal,
    authority: await readFile(authority.cert, 'utf8'),
    process: processNamed,
    processOf(identity) {
      const found = PROCESSES.find((name) => processNamed(name).pid === Number.parseInt(identity ?? '', 10));
      if (found === undefined) throw new Error(`no process of ours is ${identity}`);
      return found;
    },
    start,
    stop: () => all.disposeAsync(),
  };
}

/** Writes a configuration with another port for the facade. Returns its path. */
async function writeSecond({ folder }: Deployment, port: number): Promise<string> {
  const config = parse(await readFile(join(folder, 'config.yaml'), 'utf8'));
  const path = join(folder, 'second.yaml');
  await writeFile(path, stringify({ ...config, api: { ...config.api, port } }));
  return path;
}

async function nginxBlock(port: number, facades: readonly [number, number], folder: string): Promise<string> {
  return withReal(await readFile(NGINX, 'utf8'), [
    ['listen 127.0.0.1:9443 ', `listen 127.0.0.1:${port} `],
    ['server 127.0.0.1:9292 ', `server 127.0.0.1:${facades[0]} `],
    ['server 127.0.0.1:9293 ', `server 127.0.0.1:${facades[1]} `],
    ['/etc/image-replicator/tls.', join(folder, 'facade.')],
    ['/etc/image-replicator/ca.crt', join(folder, 'ca.crt')],
  ]);
}
