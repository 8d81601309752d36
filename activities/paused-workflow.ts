import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { JOB_MEMO, type JobDetails } from '../src/copy-job/index.ts';
import { isWorkflowPaused } from '../src/temporal/index.ts';

/**
 * How often an attempt looks whether its workflow is paused; milliseconds. Temporal tells an attempt with the
 * answer to a heartbeat that its activity is paused, but never that its workflow is.
 */
const INTERVAL = 750;

/** Work that can be stopped, and goes on later where it was. */
export interface PausableWork<T> {
  /** Begins, or goes on. Returns the work that is under way. */
  begin(): Promise<{ readonly finished: Promise<T> }>;
  /** Stops. Returns when nothing moves any more. */
  stop(): Promise<void>;
  /** Called again and again while the workflow is paused. */
  stand(): void;
  /** Called with what is on record of the job at each look. */
  noted(job: Partial<JobDetails>): void;
}

/**
 * Does a piece of work, and stops it for as long as the workflow of this attempt is paused. The attempt
 * itself goes on meanwhile: it keeps its slot and all that it has.
 * @throws CancelledFailure when the attempt is cancelled; the work then goes on, and the caller has to end it
 */
export async function exceptWhilePaused<T>(client: Client, work: PausableWork<T>): Promise<T> {
  const { cancellationSignal, cancelled } = Context.current();
  const unlessCancelled = <R>(promise: Promise<R>) => Promise.race([promise, cancelled]);
  const { noted, stand } = work;
  for (let wasPaused = false; ; wasPaused = true) {
    const resumed = { isPaused: false, wasPaused, noted, onLook: stand };
    await unlessCancelled(untilPaused(client, resumed, cancellationSignal));
    const { finished } = await work.begin();
    const watching = new AbortController();
    const signal = AbortSignal.any([cancellationSignal, watching.signal]);
    const paused = untilPaused(client, { isPaused: true, wasPaused: false, noted }, signal).then(() => null);
    const ended = finished.then((result) => ({ result }));
    try {
      const end = await unlessCancelled(Promise.race([ended, paused]));
      if (end !== null) return end.result;
    } finally {
      watching.abort();
    }
    await work.stop();
  }
}

interface PauseWait {
  /** `true` to wait until the workflow is paused, `false` to wait until it is not. */
  readonly isPaused: boolean;
  /**
   * `true` if the workflow is known to be paused before the first look. A look that fails changes nothing,
   * because Temporal may be away for a while.
   */
  readonly wasPaused: boolean;
  readonly noted: PausableWork<unknown>['noted'];
  /** Called after each look that does not end the waiting. */
  readonly onLook?: () => void;
}

/**
 * Waits until the workflow of this attempt is paused, or until it is not. Looks at once, and then every 750
 * milliseconds.
 * @throws the signal's reason when it is aborted
 */
async function untilPaused(client: Client, wait: PauseWait, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const isPaused = await looksPaused(client, wait.noted).catch(() => wait.wasPaused);
    if (isPaused === wait.isPaused) return;
    wait.onLook?.();
    await sleep(INTERVAL, undefined, { signal }).catch(() => {});
  }
}

/** Looks whether the workflow of this attempt is paused, and tells what is on record of its job. */
async function looksPaused(client: Client, noted: PausableWork<unknown>['noted']): Promise<boolean> {
  const { workflowId = '', runId } = Context.current().info.workflowExecution ?? {};
  const description = await client.workflow.getHandle(workflowId, runId).describe();
  noted((description.memo?.[JOB_MEMO] ?? {}) as Partial<JobDetails>);
  return isWorkflowPaused(description);
}
