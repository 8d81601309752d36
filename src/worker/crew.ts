import type { Worker } from '@temporalio/worker';

/** The Temporal workers of a process. They end together. A worker MAY be added while the others run. */
export class Crew {
  readonly #workers: Worker[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #failed = Promise.withResolvers<never>();
  #isRunning = false;

  constructor() {
    this.#failed.promise.catch(() => {});
  }

  get workers(): readonly Worker[] {
    return this.#workers;
  }

  /** Adds a worker. Starts it at once if the others are running. */
  add(worker: Worker): void {
    this.#workers.push(worker);
    if (this.#isRunning) this.#start(worker);
  }

  /**
   * Runs all workers until the process is told to stop. If a worker fails, stops all of them and throws its
   * error. A process with only some of its workers would look healthy, but do only a part of its work.
   */
  async run(): Promise<void> {
    this.#isRunning = true;
    for (const worker of this.#workers) this.#start(worker);
    try {
      // Workers may be added during the wait, so it is repeated until none is running.
      while (this.#running.size > 0) await Promise.race([Promise.all(this.#running), this.#failed.promise]);
    } finally {
      this.#isRunning = false;
      for (const worker of this.#workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(this.#running);
    }
  }

  #start(worker: Worker): void {
    const running: Promise<void> = worker
      .run()
      .catch((error) => this.#failed.reject(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}
