import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import {
  type Config,
  followConfig,
  type IdentityConfig,
  loadConfig,
  openRegions,
  type Regions,
  readMarkerKey,
} from '../config/index.ts';
import { type Identity, openIdentity } from '../identity/index.ts';
import { createJobService, loggedJobs } from '../job-service/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { openQuota } from '../quota/index.ts';
import { createTaskService } from '../task-service/index.ts';
import { connectClient, ensureSearchAttributes, forRequest, requestId } from '../temporal/index.ts';
import { errorText } from '../text/index.ts';
import { openTracing } from '../tracing/index.ts';
import type { GlobalOptions } from './context.ts';
import { UsageError } from './errors.ts';
import { untilStopped } from './interruption.ts';
import { asListenError } from './listen-errors.ts';
import { createLogger } from './process-log.ts';
import { metricsAddress, metricsPortOption, startMetrics } from './serve-metrics.ts';
import { watchTemporal } from './temporal-gauges.ts';

interface ServeOptions extends GlobalOptions {
  readonly metricsPort?: number;
}

/** How long a stopping facade waits for running requests; milliseconds. */
const STOP_GRACE = 5000;

/** Adds the command `serve`. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .addOption(metricsPortOption())
    .summary('run the REST facade')
    .description(
      'Run the REST facade until SIGTERM or Ctrl-C. It writes its log to stdout, as lines of JSON.',
    )
    .action(async (_options, command: Command) => serve(command.optsWithGlobals<ServeOptions>()));
}

async function serve(options: ServeOptions): Promise<void> {
  // Other commands do not need this module, and loading it takes most of the start-up time and memory.
  const { createApi } = await import('../api/index.ts');
  const config = await loadConfig(options.config);
  if (config.identity === null)
    throw new UsageError('identity: is missing; the REST facade needs it to know who is calling');
  const markerKey = await readMarkerKey(config.api.secret);
  const logger = createLogger('serve', config);
  const regions = await openRegions(config);
  const tracing = await openTracing('image-replicator-serve', logger);
  const client = await connectClient(config.encryption, tracing?.client);
  await ensureSearchAttributes(client);
  const identity = await usableIdentity(config.identity);
  await identity.check();
  const services = openServices({ config, regions, client, logger, markerKey });
  const metrics = createMetrics();
  watchTemporal(metrics, client, config);
  const app = await createApi({ ...services, identity }, logger, { metrics, isTraced: tracing !== null });
  const ready = async () => {
    await Promise.all([services.jobs.check(), identity.check()]);
  };
  await startMetrics(metricsAddress(config, options.metricsPort), metrics, { ready });
  await app.listen({ host: config.api.host, port: config.api.port }).catch((error) => {
    throw asListenError('api', config.api, error);
  });
  const live = followConfig({ file: options.config, config, regions, open: openRegions, log: logger });
  await untilStopped();
  live.close();
  setTimeout(() => app.server.closeAllConnections(), STOP_GRACE).unref();
  await app.close();
  await client.connection.close();
  if (tracing === null) return;
  await tracing.close();
  // A collector that does not answer would keep the process running.
  process.exit();
}

/** Everything that the services of the REST facade need. */
interface ServicesOptions {
  readonly config: Config;
  readonly regions: Regions;
  readonly client: Client;
  readonly logger: Logger;
  /** The key that signs the markers of lists; `null` for a random one. */
  readonly markerKey: string | null;
}

/** Returns everything that the REST facade uses, except the identity. */
function openServices({ config, regions, client, logger, markerKey }: ServicesOptions) {
  const limitsOf = (tenantId: string) => config.tenantLimits(tenantId);
  const quota = openQuota(client, limitsOf);
  const { limits, shares, api } = config;
  const jobs = createJobService({ client, regions, limits, quota, markerKey });
  return {
    jobs: loggedJobs(jobs, (about, message) => logger.info({ ...about, request_id: requestId() }, message)),
    tasks: createTaskService({ client, shares, quota }),
    config: api,
    regionNames: () => regionsOfImages(regions),
    limitsOf,
    forRequest: <T>(signal: AbortSignal, work: () => Promise<T>, id?: string) =>
      forRequest(client, signal, work, id),
  };
}

function regionsOfImages(regions: Regions): string[] {
  return [...regions.values()].filter(({ objectsOnly }) => !objectsOnly).map(({ name }) => name);
}

/**
 * Opens the identity. Does not ask a Keystone: its outage is no mistake of the user.
 * @throws UsageError if a file of the identity cannot be used
 */
async function usableIdentity(config: IdentityConfig): Promise<Identity> {
  try {
    const identity = await openIdentity(config);
    if (config.driver === 'token-file') await identity.check();
    return identity;
  } catch (error) {
    throw new UsageError(`identity: ${errorText(error)}`, { cause: error });
  }
}
