import type { Client } from '@temporalio/client';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  type NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { createJobActivities, createStoreActivities, type Dependencies } from '../../activities/index.ts';
import type { Limits, Regions } from '../../src/config/index.ts';
import { regionTaskQueue, shortTaskQueue, TASK_QUEUE } from '../../src/copy-job/index.ts';
import type { Spool } from '../../src/stores/index.ts';
import { createDigestPool } from '../../src/transfer/index.ts';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';
import { testLinks } from './link.ts';
import { type ActivityHook, eachAnew, hookActivities, hookStore, type StoreHooks } from './workflow-hooks.ts';

/** The identity of the workers and clients of these tests, the same on every machine. */
export const IDENTITY = 'workflow-test';

const logger = new DefaultLogger('ERROR');

let installed = false;

/**
 * Silences the SDK's log. MUST be called before the first native connection of a process. Only the first call
 * has an effect.
 *
 * @param workerHeartbeatInterval the time after which Temporal's list of workers contains a new worker
 */
export function quietRuntime(workerHeartbeatInterval: '60s' | '1s' = '60s'): void {
  if (installed) return;
  installed = true;
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
  Runtime.install({ logger, telemetryOptions: { logging }, workerHeartbeatInterval });
}

export interface WorkersSetup {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly regions: Regions;
  readonly limits: Limits;
  readonly spool?: Spool;
  readonly storeHooks?: ReadonlyMap<string, StoreHooks>;
  readonly activityHooks?: ReadonlyMap<string, ActivityHook>;
  /** If true, each attempt of a step runs as on another worker: nothing of earlier attempts is in memory. */
  readonly apart?: boolean;
}

/**
 * The workers in this process: one for the workflows, and one for the copies into a region, by default `ot2`.
 */
export interface TestWorkers {
  startWorkflows(taskQueue?: string): Promise<void>;
  startStores(region?: string): Promise<void>;
  stop(): Promise<void>;
}

export function testWorkers(setup: WorkersSetup): TestWorkers {
  const { connection, client, limits, spool = null } = setup;
  const { storeHooks = new Map(), activityHooks = new Map() } = setup;
  const digests = createDigestPool(1);
  const regions: Regions = new Map(
    [...setup.regions].map(([name, region]) => [
      name,
      { ...region, store: hookStore(region.store, storeHooks) },
    ]),
  );
  const links = testLinks(limits);
  const deps: Dependencies = { regions, limits, digests, links, spool, client, onRepeat() {} };
  const common = {
    connection,
    namespace: client.options.namespace,
    identity: IDENTITY,
    shutdownForceTime: '10s',
    maxHeartbeatThrottleInterval: '100ms',
    defaultHeartbeatThrottleInterval: '100ms',
  } as const;
  const running: { worker: Worker; ended: Promise<void> }[] = [];
  const run = (worker: Worker) => {
    const ended = worker.run();
    // `stop` awaits `ended`, and throws its error.
    ended.catch(() => {});
    running.push({ worker, ended });
  };
  return {
    async startWorkflows(taskQueue = TASK_QUEUE) {
      const activities = hookActivities(createJobActivities(deps), activityHooks);
      const bundle = await workflowBundle(logger);
      run(await Worker.create({ ...common, taskQueue, workflowBundle: bundle, activities }));
    },
    async startStores(region = 'ot2') {
      const steps = setup.apart ? eachAnew(() => createStoreActivities(deps)) : createStoreActivities(deps);
      const activities = hookActivities(steps, activityHooks);
      const own = regionTaskQueue(region);
      for (const taskQueue of [own, shortTaskQueue(own)])
        run(await Worker.create({ ...common, taskQueue, activities }));
    },
    async stop() {
      for (const { worker } of running) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(running.splice(0).map(({ ended }) => ended));
      await digests.close();
    },
  };
}
