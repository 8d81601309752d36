import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  type ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { type CopyPlan, type Fault, parseFault } from '../src/copy-job/index.ts';

/**
 * Returns the fault with which a step failed. A tenant may read the message of an activity's failure, because
 * `activities/failures.ts` has written it for tenants.
 * @param plan the plan, with the Task Queues of the steps; `null` if there is no plan yet
 */
export function faultOfFailure(error: unknown, plan: Queues | null): Fault {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const fault = parseFault(cause.details?.[0]);
    return { code: fault?.code ?? 'internal', side: fault?.side ?? null, message: cause.message };
  }
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') {
    const message = `no worker has come to Task Queue ${queueOf(error, plan)}`;
    return { code: 'no_worker', side: null, message };
  }
  return { code: 'internal', side: null, message: cause instanceof Error ? cause.message : String(cause) };
}

/** Returns the fault of a large object whose copy did not succeed, for example because it was cancelled. */
export function faultOfCopy({ cause }: ChildWorkflowFailure, plan: Queues): Fault {
  if (cause instanceof CancelledFailure)
    return { code: 'canceled', side: null, message: 'its copy was cancelled' };
  if (cause instanceof TerminatedFailure)
    return { code: 'terminated', side: null, message: 'its copy was terminated' };
  return faultOfFailure(cause, plan);
}

type Queues = Pick<CopyPlan, 'task_queue' | 'short_task_queue'>;

/** The steps that wait on the Task Queue of transfers. */
const TRANSFER_STEPS: ReadonlySet<string> = new Set(['transferImage', 'moveSmallObjects']);

function queueOf(error: unknown, plan: Queues | null): string | undefined {
  const isTransfer = error instanceof ActivityFailure && TRANSFER_STEPS.has(error.activityType);
  const { task_queue, short_task_queue = task_queue }: Partial<Queues> = plan ?? {};
  return isTransfer ? task_queue : short_task_queue;
}

/**
 * Returns the last progress that an activity reported before it ended without a result; `undefined` if there
 * is none. A failure has the progress as its second detail, after the fault. A cancelled activity has it as
 * its only detail.
 */
export function reportedProgress(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.details?.[1];
  if (cause instanceof CancelledFailure) return cause.details?.[0];
  if (cause instanceof TimeoutFailure) return cause.lastHeartbeatDetails;
  return undefined;
}

/** Returns the failure with which a workflow closes because of a fault. */
export function failureOf(fault: Fault): ApplicationFailure {
  return ApplicationFailure.create({
    type: fault.code,
    message: fault.message,
    nonRetryable: true,
    details: [fault],
  });
}
