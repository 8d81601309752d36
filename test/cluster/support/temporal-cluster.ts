import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { freePort } from '../../support/free-port.ts';
import { spawnProcess, type TestProcess } from '../../support/process.ts';
import { until } from '../../support/until.ts';
import { freeLowPort } from './low-port.ts';
import { type TemporalService, temporalConfig } from './temporal-config.ts';

const run = promisify(execFile);
const INSTALL = join(import.meta.dirname, '../install.sh');

/** Temporal's own server on PostgreSQL, as in a production. */
export interface TemporalCluster {
  readonly address: string;
  /** Kills the server, calls `downtime`, and starts the server again. */
  restart(downtime: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Creates the databases of the server in the PostgreSQL at this port, and starts the server. Its files are in
 * `folder`.
 */
export async function startTemporalCluster(folder: string, database: number): Promise<TemporalCluster> {
  const programs = await temporalPrograms();
  await makeSchemas(join(programs, 'sql'), database);
  const services: TemporalService[] = [];
  for (const name of ['frontend', 'history', 'matching', 'worker']) {
    services.push({ name, port: await freePort(), membershipPort: await freeLowPort() });
  }
  await mkdir(join(folder, 'config'), { recursive: true });
  await writeFile(join(folder, 'config/cluster.yaml'), temporalConfig(database, services));
  const start = () => startServer(join(programs, 'server'), folder, `127.0.0.1:${services[0]?.port}`);
  let server = await start();
  return {
    address: `127.0.0.1:${services[0]?.port}`,
    async restart(downtime) {
      await server.stop('SIGKILL');
      await downtime();
      server = await start();
    },
    stop: async () => {
      await server.stop('SIGKILL');
    },
  };
}

/** Returns the folder of the programs `server` and `sql`. Builds them if they are missing. */
export async function temporalPrograms(): Promise<string> {
  return join((await run(INSTALL, [])).stdout.trim(), 'bin');
}

async function makeSchemas(program: string, port: number): Promise<void> {
  const databases = [
    ['temporal', 'postgresql/v12/temporal'],
    ['temporal_visibility', 'postgresql/v12/visibility'],
  ] as const;
  for (const [database, schema] of databases) {
    const at = [
      '--plugin',
      'postgres12',
      '--endpoint',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--user',
      'temporal',
    ];
    const tool = (...args: string[]) => run(program, [...at, '--database', database, ...args]);
    await tool('create-database');
    await tool('setup-schema', '-v', '0.0');
    await tool('update-schema', '--schema-name', schema);
  }
}

async function startServer(program: string, folder: string, address: string): Promise<TestProcess> {
  const args = ['--root', folder, '--config', 'config', '--env', 'cluster', '--allow-no-auth', 'start'];
  const server = spawnProcess(program, args);
  await until(async () => {
    if (server.exitCode !== null) throw new Error(`Temporal's server has ended: ${server.output()}`);
    const connection = await Connection.connect({ address, connectTimeout: 1000 }).catch(() => undefined);
    await connection?.close();
    return connection !== undefined;
  });
  return server;
}
