import type { Client } from '@temporalio/client';
import { type Config, loadConfig, openRegions, type Regions } from '../config/index.ts';
import { createJobService, type JobService } from '../job-service/index.ts';
import { connectClient } from '../temporal/index.ts';

/** Everything that a command uses. */
export interface Context {
  readonly config: Config;
  readonly regions: Regions;
  readonly client: Client;
  readonly jobs: JobService;
}

/** The options that every command has. */
export interface GlobalOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** Loads the configuration, connects to Temporal, runs a command, and closes the connection again. */
export async function withContext(
  options: GlobalOptions,
  command: (context: Context) => Promise<void>,
): Promise<void> {
  const config = await loadConfig(options.config);
  const regions = await openRegions(config);
  const client = await connectClient(config.encryption);
  try {
    await command({
      config,
      regions,
      client,
      jobs: createJobService({
        client,
        regions,
        limits: config.limits,
        // This key signs page markers. The next run of the command has to accept them, so it is constant. It
        // need not be secret, because an operator may see all jobs.
        markerKey: 'operator',
      }),
    });
  } finally {
    await client.connection.close();
  }
}
