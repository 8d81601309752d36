import { execFile } from 'node:child_process';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { librariesOf, unpackPackages } from '../../support/debian-packages.ts';
import { freePort } from '../../support/free-port.ts';
import { spawnProcess, type TestProcess } from '../../support/process.ts';
import { until } from '../../support/until.ts';

/** The folder into which PostgreSQL is unpacked if the machine has none. */
const UNPACKED = join(import.meta.dirname, '../../../.debian/postgresql');
const VERSIONS = 'usr/lib/postgresql';

/** A real PostgreSQL on loopback, whose user `temporal` needs no password. */
export interface Postgresql {
  readonly port: number;
  /** Ends the server without a checkpoint, as a crash does, and starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server on a free port. It writes only to `folder`, which MUST NOT exist yet. */
export async function startPostgresql(folder: string): Promise<Postgresql> {
  const programs = await postgresqlPrograms();
  const port = await freePort();
  const options = ['-D', folder, '-U', 'temporal', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const [initdb = '', ...args] = asUser([join(programs.folder, 'initdb'), ...options]);
  await promisify(execFile)(initdb, args, { env: { ...process.env, ...programs.env } });
  let server = await start(programs, folder, port);
  return {
    port,
    async crash() {
      // "immediate": nothing more is written, and the next start recovers from the log.
      await server.stop('SIGQUIT');
      server = await start(programs, folder, port);
    },
    stop: async () => {
      // "fast": the server ends the connections by itself.
      await server.stop('SIGINT');
    },
  };
}

async function start({ folder, env }: Programs, data: string, port: number): Promise<TestProcess> {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'shared_buffers=32MB'];
  const options = settings.flatMap((setting) => ['-c', setting]);
  const [program = '', ...args] = asUser([join(folder, 'postgres'), '-D', data, '-p', `${port}`, ...options]);
  const server = spawnProcess(program, args, env);
  await until(() => {
    if (server.exitCode !== null) throw new Error(`PostgreSQL has ended: ${server.output()}`);
    return server.output().includes('ready to accept connections');
  });
  return server;
}

/**
 * Returns the command in a form that PostgreSQL accepts from root. PostgreSQL refuses root, but in a user
 * namespace root has another number.
 */
export function asUser(command: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return command;
  return ['unshare', '--user', '--map-user=1000', '--map-group=1000', ...command];
}

interface Programs {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Finds the newest PostgreSQL of this machine. If there is none, unpacks Debian's. */
export async function postgresqlPrograms(): Promise<Programs> {
  const installed = await newestIn(join('/', VERSIONS));
  if (installed !== undefined) return { folder: installed, env: {} };
  await access(UNPACKED).catch(() => unpackPackages(['postgresql'], UNPACKED));
  const folder = await newestIn(join(UNPACKED, VERSIONS));
  if (folder === undefined) throw new Error(`there is no PostgreSQL in ${UNPACKED}`);
  return { folder, env: { LD_LIBRARY_PATH: librariesOf(UNPACKED).join(':') } };
}

async function newestIn(folder: string): Promise<string | undefined> {
  const versions = await readdir(folder).catch(() => []);
  const [newest] = versions.sort((a, b) => Number(b) - Number(a));
  const programs = join(folder, `${newest}`, 'bin');
  return newest === undefined
    ? undefined
    : access(join(programs, 'initdb')).then(
        () => programs,
        () => undefined,
      );
}
