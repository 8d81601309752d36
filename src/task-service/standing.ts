import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { COPY_IMAGE, type Fault } from '../copy-job/index.ts';
import { liveView, stepOf, waitingFor, waitingWorkflowTask } from '../job-service/index.ts';
import { describeIfThere } from '../temporal/index.ts';

/** The reason why a task stands still. */
export interface TaskStanding {
  /** The fault after which the task retries; `null` if there was none. */
  readonly fault: Fault | null;
  /** The time of the next try, in RFC 3339; `null` if none is scheduled. */
  readonly next_retry_at: string | null;
  /** What the task waits for, in words; `null` if it waits for nothing. */
  readonly waiting_for: string | null;
}

/**
 * Finds out why a running task stands still: from the task itself, from its steps, and from the copies of its
 * large objects. Returns the first reason that is found; `null` if there is none.
 */
export async function standingOf(
  client: Client,
  task: WorkflowExecutionDescription,
): Promise<TaskStanding | null> {
  const { raw, status } = task;
  if (status.name === 'PAUSED') return { ...NOTHING, waiting_for: 'the end of its pause' };
  const workflowTask = waitingWorkflowTask(task);
  const awaited = workflowTask && (await waitingFor(client, workflowTask));
  if (awaited !== null) return { ...NOTHING, waiting_for: awaited };
  for (const activity of raw.pendingActivities ?? []) {
    const { lastFault, nextAttempt, waiting } = await stepOf(activity, client.options.loadedDataConverter);
    const waiting_for = waiting === null ? null : await waitingFor(client, waiting);
    const standing = { fault: lastFault, next_retry_at: nextAttempt?.toISOString() ?? null, waiting_for };
    if (isStanding(standing)) return standing;
  }
  for (const { workflowId } of raw.pendingChildren ?? []) {
    const child = await describeIfThere(client, COPY_IMAGE, workflowId ?? '');
    if (child === undefined) continue;
    const { last_fault: fault, next_retry_at, waiting_for } = await liveView(client, child);
    if (isStanding({ fault, next_retry_at, waiting_for })) return { fault, next_retry_at, waiting_for };
  }
  return null;
}

/** Returns in words why a task stands still. */
export function standingText({ fault, next_retry_at, waiting_for }: TaskStanding): string {
  const parts = [
    fault?.message,
    next_retry_at && `next try at ${next_retry_at}`,
    waiting_for && `waiting for ${waiting_for}`,
  ];
  return parts.filter(Boolean).join('; ');
}

const NOTHING = { fault: null, next_retry_at: null, waiting_for: null } as const;

function isStanding({ fault, waiting_for }: TaskStanding): boolean {
  return fault !== null || waiting_for !== null;
}
