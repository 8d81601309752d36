import type { WorkerOptions } from '@temporalio/worker';
import { shortTaskQueue } from '../copy-job/index.ts';

/**
 * The largest number of short steps at a time for one region. It is high, because they only wait for a store.
 */
const MAX_SHORT = 100;

/** The regions that workers serve, and the functions that create these workers. */
export interface StoreWorkersOptions<Created> {
  readonly regions: ReadonlyMap<string, { readonly taskQueue: string }>;
  /** The largest number of activities at a time on each Task Queue. */
  readonly concurrentActivities: number;
  readonly create: (
    own: Pick<WorkerOptions, 'taskQueue' | 'maxConcurrentActivityTaskExecutions'>,
  ) => Promise<Created>;
  /** Called with each worker of a region, once all workers of the region have been created. */
  readonly add: (worker: Created) => void;
}

/**
 * Returns a function that creates the workers for the Task Queues of regions. The function creates the
 * workers of each Task Queue once, even if it is called again. If it cannot create them, it throws, and the
 * next call tries again.
 */
export function storeWorkers<Created>({
  regions,
  concurrentActivities,
  create,
  add,
}: StoreWorkersOptions<Created>): (names: readonly string[]) => Promise<void> {
  const served = new Set<string>();

  async function createFor(taskQueue: string): Promise<void> {
    const slots = { [taskQueue]: concurrentActivities, [shortTaskQueue(taskQueue)]: MAX_SHORT };
    const created: Created[] = [];
    for (const [name, maxConcurrentActivityTaskExecutions] of Object.entries(slots)) {
      created.push(await create({ taskQueue: name, maxConcurrentActivityTaskExecutions }));
    }
    for (const worker of created) add(worker);
  }

  return async (names) => {
    const taskQueues = new Set(names.flatMap((name) => regions.get(name)?.taskQueue ?? []));
    for (const taskQueue of taskQueues) {
      if (served.has(taskQueue)) continue;
      // Another call may come before the workers have been created.
      served.add(taskQueue);
      await createFor(taskQueue).catch((error) => {
        served.delete(taskQueue);
        throw error;
      });
    }
  };
}
