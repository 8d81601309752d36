import { setCurrentDetails, upsertMemo, workflowInfo } from '@temporalio/workflow';
import type { Fault } from '../src/copy-job/index.ts';
import {
  MAX_FAILURES,
  type ObjectFailure,
  parseTask,
  requestedTask,
  TASK_MEMO,
  type TaskDetails,
  type TaskRequest,
} from '../src/object-task/index.ts';
import { describeTask } from './current-details.ts';
import { invalidInput } from './input.ts';

/**
 * The result of one piece of a task's work: how many objects and bytes it has moved, and which objects
 * failed.
 */
export interface Moved {
  readonly moved: number;
  readonly bytes: number;
  readonly failed: number;
  readonly failures: readonly ObjectFailure[];
  readonly incomplete?: number;
  readonly folders?: number;
}

/** Holds a task's details, and publishes them in the memo and in the Web UI. */
export class TaskRecord {
  #details: TaskDetails;

  constructor(request: TaskRequest) {
    const { memo, startTime } = workflowInfo();
    this.#details = { ...requestedTask(request, startTime), ...taskFrom(memo?.[TASK_MEMO]) };
    setCurrentDetails(describeTask(this.#details, { isUnderWay: true }));
  }

  get details(): TaskDetails {
    return this.#details;
  }

  add({ moved, bytes, failed, failures, incomplete = 0, folders = 0 }: Moved): void {
    const before = this.#details;
    this.#details = {
      ...before,
      objects_moved: before.objects_moved + moved,
      bytes_moved: before.bytes_moved + bytes,
      objects_failed: before.objects_failed + failed,
      failures: [...before.failures, ...failures].slice(0, MAX_FAILURES),
      objects_incomplete: before.objects_incomplete + incomplete,
      folders_left_out: before.folders_left_out + folders,
    };
    setCurrentDetails(describeTask(this.#details, { isUnderWay: true }));
  }

  /** Puts the details in the memo, where clients can read them even if no worker runs. */
  publish(fault: Fault | null = null): void {
    this.#details = { ...this.#details, fault };
    upsertMemo({ [TASK_MEMO]: this.#details });
    setCurrentDetails(describeTask(this.#details, { isUnderWay: false }));
  }
}

/**
 * Reads the task that the client has put in the memo. Returns `undefined` if there is none; throws
 * `invalid_request` if it is not a task.
 */
function taskFrom(memo: unknown): TaskDetails | undefined {
  if (memo === undefined) return undefined;
  const task = parseTask(memo);
  if (task === undefined) throw invalidInput(`memo.${TASK_MEMO}`, 'is not the record of a task');
  return task;
}
