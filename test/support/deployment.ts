import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import { loadConfig, openRegions, type Regions } from '../../src/config/index.ts';
import type { ImageRecord } from '../../src/image/index.ts';
import type { NewImage } from '../../src/stores/image-store.ts';
import { ensureSearchAttributes } from '../../src/temporal/index.ts';
import { freePort } from './free-port.ts';
import { spawnProcess, type TestProcess } from './process.ts';
import { until } from './until.ts';

const COMMAND = join(import.meta.dirname, '../../bin/image-replicator');
const SLOW_READS = join(import.meta.dirname, 'slow-reads.ts');
export const MIB = 1024 * 1024;

/**
 * The whole product, in its own processes and namespace, with the regions ot1 and ot2, and more if asked for.
 */
export interface Deployment {
  readonly folder: string;
  readonly namespace: string;
  readonly client: Client;
  readonly regions: Regions;
  readonly apiUrl: string;
  /** Tokens of the tenants `tenant-a`, who may also copy into `tenant-b`, and `tenant-b`. */
  readonly tokens: { readonly a: string; readonly b: string };
  /** An access key of `tenant-a`. */
  readonly key: { readonly access: string; readonly secret: string };
  /** The environment in which the command and the Temporal CLI find this deployment. */
  readonly env: NodeJS.ProcessEnv;
  startWorker(...args: string[]): Promise<TestProcess>;
  /**
   * Starts a worker that takes so many milliseconds to read a chunk of image data from a file, and to write a
   * MiB to one.
   * @param command the command of another release
   */
  startSlowWorker(reads: number, writes?: number, command?: string): Promise<TestProcess>;
  /** Starts a worker for which a region's folder is a disk of `bytes`. Needs user namespaces. */
  startWorkerWithDisk(region: string, bytes: number): Promise<TestProcess>;
  startApi(): Promise<TestProcess>;
  /** Starts `serve` or `worker` with further environment variables, and by a program that `wrap` names. */
  startWith(
    command: 'serve' | 'worker',
    options: { readonly args?: string[]; readonly env?: NodeJS.ProcessEnv; readonly wrap?: string[] },
  ): Promise<TestProcess>;
  /** Runs the command; never rejects. */
  command(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Runs the Temporal CLI. */
  temporal(...args: string[]): Promise<string>;
  /** Makes an image of `size` random bytes. */
  addImage(region: string, size: number, image?: Partial<NewImage>): Promise<ImageRecord>;
  /** Lists the names in a region's folder, those of partials too. */
  files(region: string): Promise<string[]>;
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  readonly address?: string;
  /** The product's command; by default this clone's. */
  readonly program?: string;
  /** The Temporal CLI; by default the test run's. */
  readonly temporalProgram?: string;
  readonly limits?: Record<string, unknown>;
  readonly api?: Record<string, unknown>;
  /** The names of the regions, which are all directories. */
  readonly regions?: readonly string[];
  /** Top-level keys of the configuration file that replace the usual ones. */
  readonly config?: Record<string, unknown>;
  /** Further environment variables for its processes. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Limits under which a dead worker is soon noticed. */
const QUICK = { heartbeat_timeout: '2s' };

export async function deploy(options: DeploymentOptions = {}): Promise<Deployment> {
  const address = options.address ?? (await provided('temporalAddress'));
  const program = options.program ?? COMMAND;
  const namespace = `test-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-test-'));
  const names = options.regions ?? ['ot1', 'ot2'];
  const tokens = { a: randomBytes(16).toString('hex'), b: randomBytes(16).toString('hex') };
  const key = { access: randomBytes(16).toString('hex'), secret: randomBytes(16).toString('hex') };
  const port = await freePort();
  const config = join(folder, 'config.yaml');
  for (const name of names) await mkdir(join(folder, name));
  await writeFile(
    join(folder, 'tokens.yaml'),
    stringify({
      tokens: [
        { sha256: sha256(tokens.a), tenant_id: 'tenant-a', destination_tenants: ['tenant-b'] },
        { sha256: sha256(tokens.b), tenant_id: 'tenant-b' },
      ],
      access_keys: [{ ...key, tenant_id: 'tenant-a' }],
    }),
    { mode: 0o600 },
  );
  await writeFile(
    config,
    stringify({
      regions: Object.fromEntries(
        names.map((name) => [name, { store: { driver: 'directory', path: name } }]),
      ),
      api: { port, default_source_region: names[0], ...options.api },
      identity: { driver: 'token-file', path: 'tokens.yaml' },
      limits: { ...QUICK, ...options.limits },
      web_ui: 'http://127.0.0.1:8233',
      ...options.config,
    }),
  );
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  await createNamespace(client);
  const regions = await openRegions(await loadConfig(config));
  const env = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    IMAGE_REPLICATOR_CONFIG: config,
    ...options.env,
  };
  const processes: TestProcess[] = [];
  const start = async (
    args: string[],
    isReady: (process: TestProcess) => boolean,
    extra = {},
    wrap: string[] = [],
    command = program,
  ) => {
    const [first = '', ...rest] = [...wrap, command, ...args];
    const started = spawnProcess(first, rest, { ...env, ...extra });
    processes.push(started);
    await until(() => {
      if (started.exitCode !== null) throw new Error(`${args[0]} ended: ${started.output()}`);
      return isReady(started);
    });
    return started;
  };
  return {
    folder,
    namespace,
    client,
    regions,
    tokens,
    key,
    env,
    apiUrl: `http://127.0.0.1:${port}`,
    startWorker: (...args) => start(['worker', ...args], isPolling),
    startSlowWorker: (reads, writes = 0, command = program) => {
      const slowness = { SLOW_READS: String(reads), SLOW_WRITES: String(writes) };
      const slow = { NODE_OPTIONS: `--import=${SLOW_READS}`, ...slowness };
      return start(['worker'], isPolling, slow, [], command);
    },
    startWorkerWithDisk: (region, bytes) => {
      const mount = `mount -t tmpfs -o size=${bytes} tmpfs ${join(folder, region)} && exec "$@"`;
      return start(['worker'], isPolling, {}, ['unshare', '-Urm', 'bash', '-c', mount, 'bash']);
    },
    startApi: () => start(['serve'], isListening),
    startWith: (command, { args = [], env = {}, wrap = [] }) =>
      start([command, ...args], command === 'serve' ? isListening : isPolling, env, wrap),
    command: (...args) => run(program, args, env),
    temporal: async (...args) => {
      const { code, stdout, stderr } = await run(
        options.temporalProgram ?? (await provided('temporalProgram')),
        args,
        env,
      );
      if (code !== 0) throw new Error(`temporal ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
    async addImage(region, size, image = {}) {
      const file = join(folder, `${randomUUID()}.img`);
      await writeRandom(file, size);
      const store = regions.get(region)?.store;
      const record = await store?.register?.(file, {
        name: 'test',
        owner: null,
        disk_format: 'raw',
        ...image,
      });
      await rm(file);
      if (record === undefined) throw new Error(`region ${region} takes no files`);
      return record;
    },
    files: (region) => readdir(join(folder, region)),
    async stop() {
      await Promise.all(processes.map((running) => running.stop('SIGKILL')));
      await connection.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Returns a value that the test run has set up. Vitest is not imported at the top, because the benchmarks
 * deploy too, without a test run.
 */
async function provided(key: 'temporalAddress' | 'temporalProgram'): Promise<string> {
  const { inject } = await import('vitest');
  return inject(key);
}

function isPolling(worker: TestProcess): boolean {
  return worker.logged('ready').length > 0;
}

function isListening(api: TestProcess): boolean {
  return api.output().includes('Server listening');
}

async function createNamespace(client: Client): Promise<void> {
  const { namespace } = client.options;
  const day = { seconds: 86_400 as never, nanos: 0 };
  await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: day });
  // It takes a while until every part of the server knows a new namespace.
  await until(() =>
    ensureSearchAttributes(client)
      .then(() => true)
      .catch(() => false),
  );
}

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { env: { ...process.env, ...env } });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : -1, stdout, stderr };
  }
}

async function writeRandom(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  for (let at = 0; at < size; at += 8 * MIB) await file.write(randomBytes(Math.min(8 * MIB, size - at)));
  await file.close();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
