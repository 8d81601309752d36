import { availableParallelism } from 'node:os';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
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
import type { Config, Regions } from '../config/index.ts';
import { TASK_QUEUE } from '../copy-job/index.ts';
import { openSpool } from '../stores/index.ts';
import { ensureSweepSchedule } from '../sweep/schedule.ts';
import { encryptingConverter } from '../temporal/index.ts';
import { createDigestPool, openLinks } from '../transfer/index.ts';
import { keepSwept } from './sweep-spool.ts';
import { workflowBundle } from './workflow-bundle.ts';

export interface WorkersOptions {
  readonly config: Config;
  readonly regions: Regions;
  readonly client: Client;
  /** Destination regions whose copies this process makes. */
  readonly serve: readonly string[];
  /** Whether it also runs the workflows themselves. */
  readonly workflows: boolean;
  /** What it is to Worker Versioning; `null`: nothing. Without it, a server gives tasks to any worker. */
  readonly version: WorkerDeploymentVersion | null;
  readonly logger: Logger;
}

/** The speed of a cancel depends on this alone: it reaches an activity with the answer to a heartbeat. */
const HEARTBEAT_THROTTLE = '250ms';
/** Long enough for a short step to end by itself; a transfer is told to stop, and keeps what it has. */
const SHUTDOWN_GRACE = '1s';
/** How long a job waits for the worker that last ran it, before any other may go on with it. */
const STICKY_TIMEOUT = '2s';
/** Deletions of tasks that wait for a store cost nothing, and must not keep others from being heard. */
const MAX_WAITING = 1000;

/** Runs workers until the process is told to stop, and lets what is under way come to a good end. */
export async function runWorkers(options: WorkersOptions): Promise<void> {
  const { config, regions, client, logger } = options;
  const runtimeLogger = temporalLogger(logger);
  Runtime.install({
    logger: runtimeLogger,
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN' }), forward: {} } },
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
  // Only now: a connection fixes the runtime.
  const connection = await NativeConnection.connect(loadClientConnectConfig().connectionOptions);
  const digests = createDigestPool(Math.max(1, availableParallelism() - 1));
  const spool = config.spool === null ? null : openSpool(config.spool);
  const links = openLinks({ ...config.limits, regionBandwidth: regionBandwidth(config) });
  const deps: Dependencies = { regions, limits: config.limits, digests, links, spool, client };
  const dataConverter = await encryptingConverter(config.encryption);
  const common: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    ...(dataConverter && { dataConverter }),
    namespace: client.options.namespace,
    shutdownGraceTime: SHUTDOWN_GRACE,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    ...(options.version && { workerDeploymentOptions: versioned(options.version) }),
  };
  const workers: Worker[] = [];
  if (options.workflows) {
    const workflowOptions = {
      ...common,
      taskQueue: TASK_QUEUE,
      workflowBundle: await workflowBundle(runtimeLogger, dataConverter !== undefined),
      activities: createJobActivities(deps),
      maxConcurrentActivityTaskExecutions: MAX_WAITING,
    };
    workers.push(await Worker.create(workflowOptions));
  }
  const activities = createStoreActivities(deps);
  const taskQueues = new Set(options.serve.map((name) => regions.get(name)?.taskQueue));
  for (const taskQueue of taskQueues) {
    if (taskQueue === undefined) continue;
    workers.push(
      await Worker.create({
        ...common,
        taskQueue,
        activities,
        maxConcurrentActivityTaskExecutions: config.limits.concurrentActivities,
      }),
    );
  }
  const sweeping = spool === null ? undefined : keepSwept(spool, client, logger);
  for (const region of options.serve) void scheduleSweep(options, region);
  const running = workers.map((worker) => worker.run());
  try {
    logger.info({ taskQueues: workers.map(({ options: { taskQueue } }) => taskQueue) }, 'ready');
    await Promise.all(running);
  } finally {
    // One that fails takes the others along: a process that does only a part of its work looks sound.
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(running);
    clearInterval(sweeping);
    await digests.close();
  }
  await connection.close();
}

/** A copy may take longer than the next release is away, so that jobs under way move to new versions. */
function versioned(version: WorkerDeploymentVersion): NonNullable<WorkerOptions['workerDeploymentOptions']> {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}

/** Returns the regions that have a limit, each with its bytes a second. */
function regionBandwidth({ regions }: Config): ReadonlyMap<string, number> {
  return new Map(
    [...regions.values()].flatMap(({ name, bandwidth }) => (bandwidth === null ? [] : [[name, bandwidth]])),
  );
}

/** A worker that may not make a schedule works all the same; somebody else may have made it. */
async function scheduleSweep({ client, regions, logger }: WorkersOptions, region: string): Promise<void> {
  const taskQueue = regions.get(region)?.taskQueue;
  if (taskQueue === undefined) return;
  await ensureSweepSchedule(client, region, taskQueue).catch((error) =>
    logger.warn({ err: error, region }, 'the sweep of the region could not be scheduled'),
  );
}

/** Temporal's log lines through our logger, so that a process writes one kind of line. */
function temporalLogger(logger: Logger): DefaultLogger {
  return new DefaultLogger('INFO', ({ level, message, meta }) => {
    const write =
      level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : level === 'INFO' ? 'info' : 'debug';
    logger[write]({ ...meta }, message);
  });
}
