import { availableParallelism } from 'node:os';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { createJobActivities, createStoreActivities, type Dependencies } from '../../activities/index.ts';
import type { Config, LiveConfig, Regions } from '../config/index.ts';
import { TASK_QUEUE } from '../copy-job/index.ts';
import { type Metrics, meteredDigests } from '../metrics/index.ts';
import { openSpool } from '../stores/index.ts';
import { ensureSweepSchedule } from '../sweep/schedule.ts';
import { encryptingConverter, temporalSettings, workerOptions } from '../temporal/index.ts';
import type { Tracing } from '../tracing/index.ts';
import { createDigestPool, openLinks } from '../transfer/index.ts';
import { countFailuresFromZero } from './count-from-zero.ts';
import { Crew } from './crew.ts';
import { logContext } from './log-context.ts';
import type { Probe } from './probe.ts';
import { ratesBy } from './rates.ts';
import type { SdkMetrics } from './sdk-metrics.ts';
import { storeWorkers } from './store-workers.ts';
import { keepSwept } from './sweep-spool.ts';
import { watchWorker } from './watch-worker.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** Everything that the workers of a process need. */
export interface WorkersOptions {
  readonly config: Config;
  readonly regions: Regions;
  readonly client: Client;
  /** Calls back when the configuration changes. */
  readonly live: LiveConfig;
  /** Returns the destination regions whose copies this process makes; their number grows with the regions. */
  readonly served: () => readonly string[];
  /** `true` if this process also runs the workflows. */
  readonly workflows: boolean;
  /**
   * The version of this process for Worker Versioning. If it is `null`, workers have no versions, and each of
   * them may go on with any workflow.
   */
  readonly version: WorkerDeploymentVersion | null;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The metrics of the SDK; `null` if they are not served. */
  readonly sdkMetrics: SdkMetrics | null;
  readonly probe: Probe;
  /** The tracing of this process; `null` if it is not traced. */
  readonly tracing: Tracing | null;
}

/**
 * How long a stopping worker waits for its activities. That is enough for most short steps. A transfer is
 * told to stop, and the next attempt continues it.
 */
const SHUTDOWN_GRACE = '1s';
/**
 * How long a Workflow Task waits for the worker that has the workflow in its cache. Then any worker may take
 * the task.
 */
const STICKY_TIMEOUT = '2s';
/**
 * The largest number of activities at a time on the Task Queue of the workflows. It is high, because
 * deletions of tasks may wait there for long.
 */
const MAX_WAITING = 1000;

/** Runs the workers of this process until it is told to stop, and all running work has stopped. */
export async function runWorkers(options: WorkersOptions): Promise<void> {
  const { config, regions, client, logger } = options;
  const runtimeLogger = temporalLogger(logger);
  installRuntime(options, runtimeLogger);
  const connection = await NativeConnection.connect(workerOptions(temporalSettings()));
  const digests = meteredDigests(createDigestPool(Math.max(1, availableParallelism() - 1)), options.metrics);
  const spool = config.spool === null ? null : openSpool(config.spool);
  const rates = ratesBy(config);
  const links = openLinks({ ...config.limits, rates });
  options.live.onChange(() => links.setLimits({ ...config.limits, rates }));
  watchWorker(options.metrics, links, spool);
  const { repeated: onRepeat } = options.metrics;
  const deps: Dependencies = { regions, limits: config.limits, digests, links, spool, client, onRepeat };
  const common = { ...(await commonOptions(options)), connection };
  const crew = new Crew();
  if (options.workflows) {
    countFailuresFromZero(client.options.namespace, regions.keys());
    const workflowOptions = {
      ...common,
      taskQueue: TASK_QUEUE,
      workflowBundle: await workflowBundle(runtimeLogger, config.encryption !== null),
      activities: createJobActivities(deps),
      maxConcurrentActivityTaskExecutions: MAX_WAITING,
    };
    crew.add(await Worker.create(workflowOptions));
  }
  const serve = regionServer(options, { ...common, activities: createStoreActivities(deps) }, crew);
  // The regions are looked up afterwards, because a change that comes before this line calls nobody back.
  options.live.onChange((added) => serveAdded(options, added, serve));
  await serve(options.served());
  const sweeping = spool === null ? undefined : keepSwept(spool, client, logger);
  const ended = crew.run();
  options.probe.started(crew.workers);
  logger.info({ taskQueues: crew.workers.map(({ options: { taskQueue } }) => taskQueue) }, 'ready');
  try {
    await ended;
  } finally {
    clearInterval(sweeping);
    await digests.close();
  }
  await connection.close();
}

/** MUST be called before the first native connection of the process, which would create a default runtime. */
function installRuntime({ sdkMetrics }: WorkersOptions, logger: DefaultLogger): void {
  Runtime.install({
    logger,
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN' }), forward: {} },
      ...(sdkMetrics && { metrics: sdkMetrics.options }),
    },
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
}

/** Returns the options that all workers of this process share. */
async function commonOptions(options: WorkersOptions): Promise<Omit<WorkerOptions, 'taskQueue'>> {
  const { client, config, version, tracing } = options;
  const dataConverter = await encryptingConverter(config.encryption);
  return {
    namespace: client.options.namespace,
    interceptors: { activity: [logContext, ...(tracing?.activity ?? [])] },
    ...(dataConverter && { dataConverter }),
    shutdownGraceTime: SHUTDOWN_GRACE,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    maxHeartbeatThrottleInterval: config.limits.heartbeatInterval,
    defaultHeartbeatThrottleInterval: config.limits.heartbeatInterval,
    ...(version && { workerDeploymentOptions: versioningOptions(version) }),
  };
}

/**
 * Returns a function that serves the Task Queues of regions, and creates the schedules that sweep these
 * regions.
 */
function regionServer(options: WorkersOptions, common: Omit<WorkerOptions, 'taskQueue'>, crew: Crew) {
  const serve = storeWorkers({
    regions: options.regions,
    concurrentActivities: options.config.limits.concurrentActivities,
    create: (own) => Worker.create({ ...common, ...own }),
    add: (worker) => crew.add(worker),
  });
  return async (regions: readonly string[]): Promise<void> => {
    await serve(regions);
    for (const region of regions) void scheduleSweep(options, region);
  };
}

/** Serves those regions that are new and that this process has to serve. */
async function serveAdded(
  { served, logger }: WorkersOptions,
  added: readonly string[],
  serve: (regions: readonly string[]) => Promise<void>,
): Promise<void> {
  const regions = served().filter((name) => added.includes(name));
  if (regions.length === 0) return;
  try {
    await serve(regions);
    logger.info({ regions }, 'this worker also makes copies to the new regions');
  } catch (err) {
    logger.error({ err, regions }, 'copies to the new regions need a restart of this worker');
  }
}

/**
 * Returns the options for Worker Versioning. A copy may take longer than the time between two releases. So
 * running jobs move to new versions.
 */
function versioningOptions(
  version: WorkerDeploymentVersion,
): NonNullable<WorkerOptions['workerDeploymentOptions']> {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}

/**
 * Creates the schedule for a region's sweep. A failure is only logged: this worker may lack the permission,
 * and the schedule may be there already.
 */
async function scheduleSweep({ client, regions, logger }: WorkersOptions, region: string): Promise<void> {
  const taskQueue = regions.get(region)?.taskQueue;
  if (taskQueue === undefined) return;
  await ensureSweepSchedule(client, region, taskQueue).catch((error) =>
    logger.warn({ err: error, region }, 'the sweep of the region could not be scheduled'),
  );
}

const PINO_LEVELS = { ERROR: 'error', WARN: 'warn', INFO: 'info', DEBUG: 'debug', TRACE: 'debug' } as const;

/** Returns a logger for Temporal's SDK that writes to the process's own logger, in its format. */
function temporalLogger(logger: Logger): DefaultLogger {
  return new DefaultLogger('INFO', ({ level, message, meta }) => {
    logger[PINO_LEVELS[level]]({ ...meta }, message);
  });
}
