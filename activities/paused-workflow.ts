import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { type JobDetails, jobInMemo } from '../src/copy-job/index.ts';
import { isWorkflowPaused } from '../src/temporal/index.ts';
import { currentRun } from './current-run.ts';

/**
 * The time between two checks whether the attempt's workflow is paused; milliseconds. The answer to a
 * heartbeat says whether the activity is paused, but not whether its workflow is.
 */
const INTERVAL = 750;

/** Work that can be stopped, and continued later from where it was. */
export interface PausableWork<T> {
  /** Begins or continues the work. Returns once the work is running; `finished` resolves with its result. */
  begin(): Promise<{ readonly finished: Promise<T> }>;
  /** Stops the work. Returns when nothing moves any more. */
  stop(): Promise<void>;
  /**
   * Called after each check that keeps the work from going on. Either the workflow is paused, or it was
   * paused and Temporal does not answer.
   */
  onPaused(): void;
  /** Called at each check with the job's details from the memo. */
  onRecord(job: Partial<JobDetails>): void;
}

/**
 * Does the work, and stops it for as long as the workflow of this attempt is paused. The attempt itself does
 * not end: it keeps its slot, and whatever it has opened.
 * @throws CancelledFailure when the attempt is cancelled; the caller MUST then end the work, which is still
 * running
 */
export async function exceptWhilePaused<T>(client: Client, work: PausableWork<T>): Promise<T> {
  const { cancellationSignal, cancelled } = Context.current();
  const orCancelled = <R>(promise: Promise<R>) => Promise.race([promise, cancelled]);
  const onRecord = (job: Partial<JobDetails>) => work.onRecord(job);
  const onCheck = () => work.onPaused();
  for (let wasPaused = false; ; wasPaused = true) {
    const untilResumed = { until: 'running', wasPaused, onRecord, onCheck } as const;
    await orCancelled(waitForPause(client, untilResumed, cancellationSignal));
    const { finished } = await work.begin();
    const watching = new AbortController();
    const signal = AbortSignal.any([cancellationSignal, watching.signal]);
    const untilPaused = { until: 'paused', wasPaused: false, onRecord } as const;
    const paused = waitForPause(client, untilPaused, signal).then(() => null);
    const ended = finished.then((result) => ({ result }));
    try {
      const end = await orCancelled(Promise.race([ended, paused]));
      if (end !== null) return end.result;
    } finally {
      watching.abort();
    }
    await work.stop();
  }
}

interface PauseWait {
  /** The state of the workflow that ends the wait. */
  readonly until: 'paused' | 'running';
  /** Whether the workflow counts as paused if a check fails, for example if Temporal cannot be reached. */
  readonly wasPaused: boolean;
  readonly onRecord: PausableWork<unknown>['onRecord'];
  /** Called after each check that does not end the wait. */
  readonly onCheck?: () => void;
}

/**
 * Waits until the workflow of this attempt is in the state `wait.until`. Checks at once, and then every 750
 * milliseconds.
 * @throws the signal's reason when it is aborted
 */
async function waitForPause(client: Client, wait: PauseWait, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const isPaused = await readPause(client, wait.onRecord).catch(() => wait.wasPaused);
    if (isPaused === (wait.until === 'paused')) return;
    wait.onCheck?.();
    await sleep(INTERVAL, undefined, { signal }).catch(() => {});
  }
}

/** Tells whether the workflow of this attempt is paused. Calls `onRecord` with the job's details. */
async function readPause(client: Client, onRecord: PausableWork<unknown>['onRecord']): Promise<boolean> {
  const { workflowId, runId } = currentRun();
  const description = await client.workflow.getHandle(workflowId, runId).describe();
  onRecord(jobInMemo(description.memo) ?? {});
  return isWorkflowPaused(description);
}
