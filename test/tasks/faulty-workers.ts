import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';
import { loadConfig, type Regions } from '../../src/config/index.ts';
import type { ObjectStore } from '../../src/stores/index.ts';
import type { Gate } from '../support/workflow-hooks.ts';
import { quietRuntime, testWorkers } from '../support/workflow-workers.ts';
import type { TaskRig } from './support.ts';

/** For each region, the methods of its objects that a test replaces. */
export type Faults = Record<string, (objects: ObjectStore) => Partial<ObjectStore>>;

/** Returns a fault by which each reservation of a large object waits at a gate. */
export function holdingPrepare(at: Gate): Faults[string] {
  return ({ prepare }) => ({
    async prepare(...call) {
      await at.pass();
      return prepare(...call);
    },
  });
}

/**
 * Starts workers for imports in this process, so that a test can get between them and the objects. Returns a
 * function that stops them.
 */
export async function startFaultyWorkers(
  { deployment }: TaskRig,
  faults: Faults,
): Promise<() => Promise<void>> {
  quietRuntime();
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const { limits } = await loadConfig(join(deployment.folder, 'config.yaml'));
  const regions: Regions = new Map(
    [...deployment.regions].map(([name, region]) => {
      const { objects } = region.store;
      if (objects === undefined) throw new Error(`${name} has no objects`);
      const store = { ...region.store, objects: { ...objects, ...faults[name]?.(objects) } };
      return [name, { ...region, store }];
    }),
  );
  const workers = testWorkers({ connection, client: deployment.client, regions, limits });
  await Promise.all([workers.startWorkflows(), workers.startStores('nas')]);
  return async () => {
    await workers.stop();
    await connection.close();
  };
}
