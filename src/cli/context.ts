import type { Client, Connection } from '@temporalio/client';
import { type Config, loadConfig, openRegions, type Regions } from '../config/index.ts';
import { createJobService, type JobService } from '../job-service/index.ts';
import { connectClient } from '../temporal/index.ts';

/** What a command has to work with. */
export interface Context {
  readonly config: Config;
  readonly regions: Regions;
  readonly client: Client;
  readonly jobs: JobService;
}

/** Options that every command has. */
export interface GlobalOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** Runs a command with everything open, and closes it again. */
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
        // The next run of the command has to read this one's markers, and an operator need not prove
        // anything.
        secret: config.api.secret ?? 'operator',
      }),
    });
  } finally {
    await (client.connection as Connection).close();
  }
}
