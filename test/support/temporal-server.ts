import { Connection } from '@temporalio/client';
import { freePort } from './free-port.ts';
import { spawnProcess, type TestProcess } from './process.ts';
import { until } from './until.ts';

export interface TemporalServer {
  readonly address: string;
  /**
   * Ends the server, calls `downtime`, and then starts the server again on the same port with the same
   * database.
   */
  restart(downtime: () => Promise<void>, signal?: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

/** The settings of `temporal-dev.sh`, which gives the reasons. */
const SETTINGS = [
  'frontend.WorkflowPauseEnabled=true',
  'matching.enableFairness=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'history.transferProcessorMaxPollRPS=1000',
  'history.transferProcessorUpdateAckInterval="1s"',
];

/**
 * Starts a dev server that keeps its state in a file.
 *
 * @param settings settings of its dynamic configuration, in the form `key=value`
 */
export async function startTemporalServer(
  program: string,
  database: string,
  settings: readonly string[] = [],
): Promise<TemporalServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const start = async (): Promise<TestProcess> => {
    const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
    const dynamic = [...SETTINGS, ...settings].flatMap((setting) => ['--dynamic-config-value', setting]);
    const state = ['--db-filename', database, '--log-level', 'error'];
    const server = spawnProcess(program, [...args, ...state, ...dynamic]);
    await until(async () => {
      if (server.exitCode !== null) throw new Error(`Temporal's dev server ended: ${server.output()}`);
      const connection = await Connection.connect({ address, connectTimeout: 1000 }).catch(() => undefined);
      await connection?.close();
      return connection !== undefined;
    });
    return server;
  };
  let server = await start();
  return {
    address,
    async restart(downtime, signal = 'SIGTERM') {
      await server.stop(signal);
      await downtime();
      server = await start();
    },
    stop: async () => {
      await server.stop('SIGTERM');
    },
  };
}
