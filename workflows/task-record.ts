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
import { bytesText, harmlessMarkdown } from '../src/text/index.ts';
import { invalidInput } from './input.ts';

/**
 * The objects that a piece of a task's work has finished: their numbers and bytes, and the failures among
 * them.
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
    setCurrentDetails(describeTask(this.#details, true));
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
    setCurrentDetails(describeTask(this.#details, true));
  }

  /** Puts the details in the memo, where clients can read them even if no worker runs. */
  publish(fault: Fault | null = null): void {
    this.#details = { ...this.#details, fault };
    upsertMemo({ [TASK_MEMO]: this.#details });
    setCurrentDetails(describeTask(this.#details, false));
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

/** Says where the Web UI shows what the task's workflow does not know while it runs. */
const LIVE_PROGRESS =
  'objects under way are not counted here: see *Heartbeat Details* under *Pending Activities*, and the child workflows. ' +
  'If the task stands still: see their *Last Failure*, and `image-replicator tasks show`';

/** Returns a task as Markdown for the Web UI. */
function describeTask(task: TaskDetails, isUnderWay: boolean): string {
  const lines = [
    `**${shown(task.type)}** of ${shown(task.src_prefix || 'everything')} (share ${shown(task.share_id)}, target ${shown(task.target)})`,
    `**${task.objects_moved}** objects moved (${bytesText(task.bytes_moved)}), **${task.objects_failed}** failed`,
    ...(isUnderWay ? [LIVE_PROGRESS] : []),
    ...task.failures
      .slice(0, 10)
      .map(({ path, code, message }) => harmlessMarkdown(`${path}: ${code}: ${message}`)),
  ];
  if (task.objects_incomplete > 0)
    lines.push(`${task.objects_incomplete} have arrived without all of their attributes`);
  if (task.folders_left_out > 0) lines.push(`${task.folders_left_out} empty folders were left out`);
  if (task.fault !== null) lines.push(harmlessMarkdown(`${task.fault.code}: ${task.fault.message}`));
  return lines.join('\n\n');
}

/**
 * Escapes a value of the request, so that Markdown shows it and does nothing else. The value may be missing,
 * or may not be a text.
 */
function shown(value: unknown): string {
  return harmlessMarkdown(String(value ?? '?'));
}
