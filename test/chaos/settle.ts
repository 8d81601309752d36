import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.ts';
import type { Stage } from './trial.ts';

/** The time for which nothing may have changed, neither at the destination nor in a log; milliseconds. */
const STILL = 2000;
const LONGEST = 25_000;
/** The time between two looks at the destination; milliseconds. */
const LOOK = 250;

/**
 * Wakes every frozen process, lets everything go on that is held, and waits until nothing changes any more.
 */
export async function settle(stage: Stage): Promise<void> {
  const heldFirst = stage.random.between(0, 2) === 0;
  for (const worker of stage.workers) {
    if (heldFirst) worker.releaseAll();
    if (worker.isFrozen()) worker.wake();
  }
  await sleep(heldFirst ? 0 : 300);
  for (const worker of stage.workers) worker.releaseAll();
  await untilClosed(stage);
  await untilStill(stage);
}

/** Waits until no workflow runs, because a clean-up may outlive its job. */
async function untilClosed({ deployment: { client } }: Stage): Promise<void> {
  let open: string[] = [];
  await until(async () => {
    open = [];
    for await (const { type } of client.workflow.list({ query: "ExecutionStatus = 'Running'" }))
      open.push(type);
    return open.length === 0;
  }, 45_000).catch(() => {
    throw new Error(`after the job's end there still runs: ${open.join(', ')}`);
  });
}

async function untilStill(stage: Stage): Promise<void> {
  const began = Date.now();
  let last = '';
  let since = began;
  while (Date.now() - began < LONGEST) {
    const logs = stage.workers.map(({ process }) => process.output().length);
    const now = `${logs}\n${await stage.destination.fingerprint([stage.jobId])}`;
    if (now !== last) {
      last = now;
      since = Date.now();
    }
    if (Date.now() - since >= STILL) return;
    await sleep(LOOK);
  }
}
