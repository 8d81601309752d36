import type { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { type Config, followConfig, loadConfig, openRegions, type Regions } from '../config/index.ts';
import { createMetrics, type Metrics, meteredStore } from '../metrics/index.ts';
import { connectClient, ensureSearchAttributes } from '../temporal/index.ts';
import { openTracing, type Tracing } from '../tracing/index.ts';
import type { GlobalOptions } from './context.ts';
import { EXIT, UsageError, unknownRegion } from './errors.ts';
import { addExamples } from './help.ts';
import { createLogger } from './process-log.ts';
import { metricsAddress, metricsPortOption, startMetrics } from './serve-metrics.ts';

interface WorkerOptions extends GlobalOptions {
  readonly metricsPort?: number;
  readonly region?: string[];
  readonly workflows: boolean;
  readonly copies: boolean;
  readonly deployment?: string;
  readonly buildId: string;
}

/** Adds the command `worker`. */
export function addWorkerCommand(program: Command): void {
  const worker = program
    .command('worker')
    .option('--region <region...>', 'make copies to these regions only (default: to all)')
    .option('--no-workflows', 'only make copies; other workers run the jobs themselves')
    .option('--no-copies', 'only run the jobs; other workers make the copies')
    .option('--deployment <name>', 'take part in Worker Versioning, as a version of this deployment')
    .option('--build-id <id>', 'build id of that version', packageJson.version)
    .addOption(metricsPortOption())
    .summary('run a Temporal worker, which runs jobs and makes copies')
    .description(
      'Run a Temporal worker until SIGTERM or Ctrl-C. It runs jobs, and makes the copies to some regions or ' +
        'all. It writes its log to stdout, as lines of JSON.',
    )
    .action(async (_options, command: Command) => runWorker(command.optsWithGlobals<WorkerOptions>()));
  addExamples(worker, 'worker', 'worker --region ot1 ot2 --metrics-port 9465');
}

async function runWorker(options: WorkerOptions): Promise<void> {
  const { deployment, buildId, workflows, copies } = options;
  if (!workflows && !copies)
    throw new UsageError('--no-workflows, --no-copies: give only one of them; both leave nothing to do');
  // Other commands do not need this module, and loading it takes most of the start-up time and memory.
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
  const live = followConfig({ file: options.config, config, regions, open, log: logger });
  try {
    const common = { config, regions, live, client, served, workflows, version, logger };
    await runWorkers({ ...common, metrics, sdkMetrics, probe, tracing });
  } catch (error) {
    logger.fatal({ err: error }, 'the worker has failed');
    process.exitCode = EXIT.failed;
  }
  await client.connection.close();
  await tracing?.close();
  // A transfer may still wait in this process for another attempt to adopt it. No attempt comes any more, so
  // the process ends without waiting for such a transfer.
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
