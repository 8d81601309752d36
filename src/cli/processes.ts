import type { Connection } from '@temporalio/client';
import type { Command } from 'commander';
import { pino, stdSerializers } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import {
  type Config,
  followConfig,
  type IdentityConfig,
  loadConfig,
  openRegions,
  type Regions,
} from '../config/index.ts';
import { type Identity, openIdentity } from '../identity/index.ts';
import { createJobService, loggedJobs } from '../job-service/index.ts';
import { createMetrics, type Metrics, meteredStore } from '../metrics/index.ts';
import { openQuota } from '../quota/index.ts';
import { createTaskService } from '../task-service/index.ts';
import { connectClient, ensureSearchAttributes, forRequest, requestId } from '../temporal/index.ts';
import { harmlessJson } from '../text/index.ts';
import { openTracing, type Tracing } from '../tracing/index.ts';
import type { GlobalOptions } from './context.ts';
import { EXIT, UsageError, unknownRegion } from './errors.ts';
import { asListenError } from './listen-errors.ts';
import { metricsAddress, metricsPortOption, startMetrics } from './serve-metrics.ts';
import { watchTemporal } from './temporal-gauges.ts';

interface ProcessOptions extends GlobalOptions {
  readonly metricsPort?: number;
}

/** The options of `worker`. */
interface WorkerOptions extends ProcessOptions {
  readonly region?: string[];
  readonly workflows: boolean;
  readonly copies: boolean;
  readonly deployment?: string;
  readonly buildId: string;
}

/** How long a stopping facade waits for running requests; milliseconds. */
const STOP_GRACE = 5000;

/**
 * Adds `serve` and `worker`, the two commands that run until they are stopped. Both write their log as lines
 * of JSON. Each imports its own modules only when it starts, because loading them takes most of the start-up
 * time and memory.
 */
export function addProcessCommands(program: Command): void {
  program
    .command('serve')
    .addOption(metricsPortOption())
    .summary('run the REST facade')
    .action(async (_options, command: Command) => serve(command.optsWithGlobals<ProcessOptions>()));

  program
    .command('worker')
    .option('--region <region...>', 'make copies to these regions only (default: to all)')
    .option('--no-workflows', 'make copies only, and leave the jobs themselves to other workers')
    .option('--no-copies', 'run the jobs only, and leave the copies to other workers')
    .option('--deployment <name>', 'take part in Worker Versioning, as a version of this deployment')
    .option('--build-id <id>', 'build id of that version', packageJson.version)
    .addOption(metricsPortOption())
    .summary('run a Temporal worker: the jobs, and the copies to some regions or all')
    .action(async (_options, command: Command) => runWorker(command.optsWithGlobals<WorkerOptions>()));
}

async function serve(options: ProcessOptions): Promise<void> {
  const { createApi } = await import('../api/index.ts');
  const config = await loadConfig(options.config);
  if (config.identity === null)
    throw new UsageError('identity: is missing; the REST facade needs it to know who is calling');
  const logger = createLogger('serve', config);
  const regions = await openRegions(config);
  const tracing = await openTracing('image-replicator-serve', logger);
  const client = await connectClient(config.encryption, tracing?.client);
  await ensureSearchAttributes(client);
  const limitsOf = (tenantId: string) => config.tenantLimits(tenantId);
  const quota = openQuota(client, limitsOf);
  const jobs = createJobService({
    client,
    regions,
    limits: config.limits,
    secret: config.api.secret,
    quota,
  });
  const identity = await usableIdentity(config.identity);
  await identity.check();
  const tasks = createTaskService({ client, shares: config.shares, quota });
  const context = {
    jobs: loggedJobs(jobs, (about, message) => logger.info({ ...about, request_id: requestId() }, message)),
    tasks,
    identity,
    config: config.api,
    regionNames: () => regionsOfImages(regions),
    limitsOf,
    forRequest: <T>(signal: AbortSignal, work: () => Promise<T>, id?: string) =>
      forRequest(client, signal, work, id),
  };
  const metrics = createMetrics();
  watchTemporal(metrics, client, config);
  const app = await createApi(context, logger, { metrics, isTraced: tracing !== null });
  const ready = async () => {
    await Promise.all([jobs.check(), identity.check()]);
  };
  await startMetrics(metricsAddress(config, options.metricsPort), metrics, { ready });
  await app.listen({ host: config.api.host, port: config.api.port }).catch((error) => {
    throw asListenError('api', config.api, error);
  });
  const live = followConfig({ file: options.config, config, regions, open: openRegions, log: logger });
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  process.once('SIGTERM', () => stop()).once('SIGINT', () => stop());
  await stopped;
  live.close();
  setTimeout(() => app.server.closeAllConnections(), STOP_GRACE).unref();
  await app.close();
  await (client.connection as Connection).close();
  if (tracing === null) return;
  await tracing.close();
  // A collector that does not answer would keep the process running.
  process.exit();
}

function regionsOfImages(regions: Regions): string[] {
  return [...regions.values()].filter(({ objectsOnly }) => !objectsOnly).map(({ name }) => name);
}

/**
 * Opens the identity. Throws a usage error if one of its files cannot be used: the user has to correct the
 * file. Does not ask Keystone, because it may be down only for a while.
 */
async function usableIdentity(config: IdentityConfig): Promise<Identity> {
  try {
    const identity = await openIdentity(config);
    if (config.driver === 'token-file') await identity.check();
    return identity;
  } catch (error) {
    throw new UsageError(`identity: ${(error as Error).message}`, { cause: error });
  }
}

async function runWorker(options: WorkerOptions): Promise<void> {
  const { deployment, buildId, workflows, copies } = options;
  if (!workflows && !copies)
    throw new UsageError(
      '--no-workflows, --no-copies: together, they leave nothing to do; give only one of them',
    );
  const { openProbe, openSdkMetrics, runWorkers } = await import('../worker/index.ts');
  const config = await loadConfig(options.config);
  const logger = createLogger('worker', config);
  const tracing = await openTracing('image-replicator-worker', logger);
  const metrics = tracedParts(createMetrics(), tracing);
  const open = async (config: Config) => meteredRegions(await openRegions(config), metrics);
  const regions = await open(config);
  for (const name of options.region ?? []) {
    if (!regions.has(name)) throw unknownRegion(name, regions);
  }
  const client = await connectClient(config.encryption);
  await ensureSearchAttributes(client);
  const served = () => (copies ? (options.region ?? [...regions.keys()]) : []);
  const version = deployment === undefined ? null : { deploymentName: deployment, buildId };
  const address = metricsAddress(config, options.metricsPort);
  const sdkMetrics = address === null ? null : await openSdkMetrics();
  const probe = openProbe(client, regions, served);
  await startMetrics(address, metrics, { ready: probe.ready, more: sdkMetrics?.text ?? (async () => '') });
  const servesAll = copies && options.region === undefined;
  const live = followConfig({ file: options.config, config, regions, open, log: logger });
  try {
    const common = { config, regions, live, client, serve: served(), servesAll, workflows, version, logger };
    await runWorkers({ ...common, metrics, sdkMetrics, probe, tracing });
  } catch (error) {
    logger.fatal({ err: error }, 'the worker has failed');
    process.exitCode = EXIT.failed;
  }
  await (client.connection as Connection).close();
  await tracing?.close();
  // The process is ended explicitly: a transfer may still be waiting for another attempt to adopt it, but
  // this process gets no attempts any more.
  process.exit();
}

/** Returns metrics that also record a span for each part. */
function tracedParts(metrics: Metrics, tracing: Tracing | null): Metrics {
  if (tracing === null) return metrics;
  const part: Metrics['part'] = (side, region, seconds) => {
    metrics.part(side, region, seconds);
    tracing.part(side, region, seconds);
  };
  return { ...metrics, part };
}

/** Returns the regions with stores that count their bytes and faults. */
function meteredRegions(regions: Regions, metrics: Metrics): Regions {
  return new Map(
    [...regions].map(([name, region]) => [
      name,
      { ...region, store: meteredStore(region.store, name, metrics) },
    ]),
  );
}

function createLogger(name: string, { log }: Config) {
  const options = {
    name,
    level: log.level,
    redact: ['x-auth-token', 'authorization'].flatMap((name) => [
      `req.headers["${name}"]`,
      `*.headers["${name}"]`,
    ]),
    serializers: { err: stdSerializers.err, error: stdSerializers.err },
  };
  return pino(options, { write: (line) => process.stdout.write(harmlessJson(line)) });
}
