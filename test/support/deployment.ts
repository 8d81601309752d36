import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { loadConfig, openRegions, type Regions } from '../../src/config/index.ts';
import type { ImageRecord } from '../../src/image/index.ts';
import type { ImageStore, NewImage } from '../../src/stores/image-store.ts';
import { ensureSearchAttributes } from '../../src/temporal/index.ts';
import { writeConfig, writeTokens } from './deployment-files.ts';
import { freePort } from './free-port.ts';
import { spawnProcess, type TestProcess } from './process.ts';
import { until } from './until.ts';

const COMMAND = join(import.meta.dirname, '../../bin/image-replicator');
const SLOW_READS = join(import.meta.dirname, 'slow-reads.ts');
export const MIB = 1024 * 1024;

/**
 * The whole product in processes of its own, with a Temporal namespace of its own. Has the regions ot1 and
 * ot2, unless others are asked for.
 */
export interface Deployment {
  readonly folder: string;
  readonly namespace: string;
  readonly client: Client;
  readonly regions: Regions;
  readonly apiUrl: string;
  /** The tokens of `tenant-a`, who may also copy into `tenant-b`, and of `tenant-b`. */
  readonly tokens: { readonly a: string; readonly b: string };
  /** An access key of `tenant-a`. */
  readonly key: { readonly access: string; readonly secret: string };
  /** The environment in which the command and the Temporal CLI find this deployment. */
  readonly env: NodeJS.ProcessEnv;
  startWorker(...args: string[]): Promise<TestProcess>;
  /**
   * Starts a slow worker. `reads` is the time that it takes to read a chunk of image data from a file.
   * `writes` is the time that it takes to write a MiB to a file. Both are in milliseconds.
   *
   * @param command the product's command of another release, if that one is to run
   */
  startSlowWorker(reads: number, writes?: number, command?: string): Promise<TestProcess>;
  /** Starts a worker for which a region's folder is a disk of `bytes` bytes. Needs user namespaces. */
  startWorkerWithDisk(region: string, bytes: number): Promise<TestProcess>;
  startApi(): Promise<TestProcess>;
  /**
   * Starts `serve` or `worker`, with further arguments and environment variables. `wrap` is a program, with
   * its arguments, that is to run the command.
   */
  startWith(
    command: 'serve' | 'worker',
    options: { readonly args?: string[]; readonly env?: NodeJS.ProcessEnv; readonly wrap?: string[] },
  ): Promise<TestProcess>;
  /** Runs the command of the product. Never rejects. */
  command(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Runs the Temporal CLI. */
  temporal(...args: string[]): Promise<string>;
  /** Makes an image of `size` random bytes. */
  addImage(region: string, size: number, image?: Partial<NewImage>): Promise<ImageRecord>;
  /** Lists the names in a region's folder, including those of unfinished copies. */
  files(region: string): Promise<string[]>;
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  readonly address?: string;
  /** The command of the product; by default that of this clone. */
  readonly program?: string;
  /** The Temporal CLI; by default that of the test run. */
  readonly temporalProgram?: string;
  readonly limits?: Record<string, unknown>;
  readonly api?: Record<string, unknown>;
  /** The names of the regions, which are all directories. */
  readonly regions?: readonly string[];
  /** Top-level keys of the configuration file that replace the usual ones. */
  readonly config?: Record<string, unknown>;
  /** Further environment variables of its processes. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Prepares a deployment. Does not start any process of it yet. */
export async function deploy(options: DeploymentOptions = {}): Promise<Deployment> {
  const address = options.address ?? (await provided('temporalAddress'));
  const program = options.program ?? COMMAND;
  const namespace = `test-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-test-'));
  const { tokens, key } = await writeTokens(folder);
  const port = await freePort();
  const names = options.regions ?? ['ot1', 'ot2'];
  const config = await writeConfig(folder, { ...options, names, port });
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
  const start = async (args: readonly string[], options: StartOptions = {}) => {
    const started = spawnProduct(args, { program, ...options, env: { ...env, ...options.env } });
    processes.push(started);
    await untilReady(started, args);
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
    startWorker: (...args) => start(['worker', ...args]),
    startSlowWorker: (reads, writes = 0, command = program) => {
      const slowness = { SLOW_READS: String(reads), SLOW_WRITES: String(writes) };
      const slow = { NODE_OPTIONS: `--import=${SLOW_READS}`, ...slowness };
      return start(['worker'], { env: slow, program: command });
    },
    startWorkerWithDisk: (region, bytes) => {
      const mount = `mount -t tmpfs -o size=${bytes} tmpfs ${join(folder, region)} && exec "$@"`;
      return start(['worker'], { wrap: ['unshare', '-Urm', 'bash', '-c', mount, 'bash'] });
    },
    startApi: () => start(['serve']),
    startWith: (command, { args = [], ...more }) => start([command, ...args], more),
    command: (...args) => run(program, args, env),
    temporal: async (...args) =>
      runTemporal(options.temporalProgram ?? (await provided('temporalProgram')), args, env),
    addImage: (region, size, image = {}) =>
      addRandomImage(regions.get(region)?.store, join(folder, `${randomUUID()}.img`), size, image),
    files: (region) => readdir(join(folder, region)),
    async stop() {
      await Promise.all(processes.map((running) => running.stop('SIGKILL')));
      await connection.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Returns a value that the test run has set up. Imports Vitest only here, because the benchmarks deploy too,
 * without a test run.
 */
async function provided(key: 'temporalAddress' | 'temporalProgram'): Promise<string> {
  const { inject } = await import('vitest');
  return inject(key);
}

interface StartOptions {
  readonly program?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A program, with its arguments, that is to run the command. */
  readonly wrap?: readonly string[];
}

function spawnProduct(args: readonly string[], { program, env, wrap = [] }: StartOptions): TestProcess {
  const [first = '', ...rest] = [...wrap, program ?? COMMAND, ...args];
  return spawnProcess(first, rest, env ?? {});
}

/** Waits until a worker polls, or until a facade listens. */
async function untilReady(started: TestProcess, [command]: readonly string[]): Promise<void> {
  await until(() => {
    if (started.exitCode !== null) throw new Error(`${command} ended: ${started.output()}`);
    if (command === 'serve') return started.output().includes('Server listening');
    return started.logged('ready').length > 0;
  });
}

/** Adds an image of random bytes, which it first writes to a file. */
async function addRandomImage(
  store: ImageStore | undefined,
  file: string,
  size: number,
  image: Partial<NewImage>,
): Promise<ImageRecord> {
  await writeRandom(file, size);
  const asked = { name: 'test', owner: null, disk_format: 'raw', ...image };
  const record = await store?.register?.(file, asked);
  await rm(file);
  if (record === undefined) throw new Error('the region takes no files');
  return record;
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

async function runTemporal(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const { code, stdout, stderr } = await run(program, args, env);
  if (code !== 0) throw new Error(`temporal ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function writeRandom(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  for (let at = 0; at < size; at += 8 * MIB) await file.write(randomBytes(Math.min(8 * MIB, size - at)));
  await file.close();
}
