import type { Client } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import type { Regions } from '../config/index.ts';

/** Tells whether the workers of a process can do their work. */
export interface Probe {
  /** Resolves if they can. If they cannot, throws an error that says why. */
  ready(): Promise<void>;
  /** MUST be called when the workers have begun to poll. */
  started(workers: readonly Worker[]): void;
}

/**
 * Returns a probe that checks the workers, Temporal, and the stores of the regions that the workers serve.
 * @param served returns the names of the regions that the workers serve at present
 */
export function openProbe(client: Client, regions: Regions, served: () => readonly string[]): Probe {
  let workers: readonly Worker[] | undefined;
  return {
    started(begun) {
      workers = begun;
    },
    async ready() {
      if (workers === undefined) throw new Error('the workers have not started yet');
      const down = workers.find((worker) => worker.getState() !== 'RUNNING');
      if (down) throw new Error(`the worker of ${down.options.taskQueue} is ${down.getState()}`);
      const { namespace } = client.options;
      const stores = served().flatMap((name) => regions.get(name) ?? []);
      await Promise.all([
        client.workflowService.describeNamespace({ namespace }).catch((cause) => {
          throw new Error('Temporal does not answer', { cause });
        }),
        ...stores.map(({ name, store }) =>
          store.check().catch((cause: Error) => {
            throw new Error(`region ${name}: ${cause.message}`, { cause });
          }),
        ),
      ]);
    },
  };
}
