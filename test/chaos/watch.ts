import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config/index.ts';
import { isFinal, type JobStatus } from '../../src/copy-job/index.ts';
import { createJobService, type JobView, OPERATOR } from '../../src/job-service/index.ts';
import type { Deployment } from '../support/deployment.ts';
import { until } from '../support/until.ts';

/**
 * A log of the views of a job. It looks at the job about ten times a second, and keeps each view that differs
 * from the view before.
 */
export interface Watch {
  readonly seen: readonly Seen[];
  last(): JobView | undefined;
  /** Waits until the job has ended, and returns its last view. */
  ended(timeout?: number): Promise<JobView>;
  until(condition: (job: JobView) => boolean, timeout?: number): Promise<JobView>;
  stop(): Promise<void>;
}

export interface Seen {
  readonly status: JobStatus;
  readonly progress: number;
  readonly phase: string | null;
}

const INTERVAL = 100;

/** Watches a job in the view that `image-replicator show` prints, without a process for each view. */
export async function watchJob(deployment: Deployment, jobId: () => string): Promise<Watch> {
  const { client, regions, folder } = deployment;
  const { limits } = await loadConfig(join(folder, 'config.yaml'));
  const jobs = createJobService({ client, regions, limits });
  const seen: Seen[] = [];
  let last: JobView | undefined;
  let stopped = false;
  const look = async () => {
    // A view that does not come in time tells nothing.
    const job = await client
      .withDeadline(Date.now() + 2000, () => jobs.show(OPERATOR, jobId()))
      .catch(() => undefined);
    if (job === undefined) return;
    last = job;
    const before = seen.at(-1);
    const now = { status: job.status, progress: job.copy_progress, phase: job.phase };
    if (before?.status !== now.status || before.progress !== now.progress || before.phase !== now.phase)
      seen.push(now);
  };
  const looking = (async () => {
    while (!stopped) {
      await look();
      await sleep(INTERVAL);
    }
  })();
  const untilSo = (condition: (job: JobView) => boolean, timeout = 60_000) =>
    until(() => (last !== undefined && condition(last) ? last : undefined), timeout).catch(() => {
      throw new Error(
        `the job stands at ${last?.status}/${last?.phase} (${last?.waiting_for ?? last?.last_fault?.message ?? ''})`,
      );
    });
  return {
    seen,
    last: () => last,
    until: untilSo,
    ended: (timeout) => untilSo(({ status }) => isFinal(status), timeout),
    async stop() {
      stopped = true;
      await looking;
      await look();
    },
  };
}
