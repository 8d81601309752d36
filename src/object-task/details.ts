import type { Fault } from '../copy-job/index.ts';
import { harmless } from '../text/index.ts';
import type { TaskRequest } from './request.ts';

/** An object that could not be moved. */
export interface ObjectFailure {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** The number of failures that are recorded one by one. Further failures are only counted. */
export const MAX_FAILURES = 100;

/**
 * The longest path and the longest message that are recorded; characters. They are limited because failures
 * are in every heartbeat, in histories and in the memo. The longest possible key of a bucket is not cut.
 */
const MAX_PATH_LENGTH = 1024;
const MAX_MESSAGE_LENGTH = 300;

/** Returns the record of an object that could not be moved. */
export function objectFailure(
  path: string,
  { code, message }: Pick<Fault, 'code' | 'message'>,
): ObjectFailure {
  return { path: shortened(path, MAX_PATH_LENGTH), code, message: shortened(message, MAX_MESSAGE_LENGTH) };
}

function shortened(text: string, max: number): string {
  const characters = [...text];
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : text;
}

/**
 * Returns a text that says how many of a task's objects could not be moved, with a line for each of the first
 * failures.
 * @param max the largest number of failures that are listed one by one; by default, all that are on record
 */
export function failureSummary(
  {
    objects_moved,
    objects_failed,
    failures,
  }: Pick<TaskDetails, 'objects_moved' | 'objects_failed' | 'failures'>,
  max = MAX_FAILURES,
): string {
  const listed = failures.slice(0, max).map(({ path, message }) => harmless(`${path}: ${message}`));
  const more = objects_failed - listed.length;
  const lines = more > 0 ? [...listed, `and ${more} more`] : listed;
  return `${objects_failed} of ${objects_moved + objects_failed} objects could not be moved: ${lines.join('\n')}`;
}

/** Everything that is on record about a task. Times are RFC 3339. */
export interface TaskDetails extends Omit<TaskRequest, 'source' | 'destination'> {
  readonly created_at: string;
  readonly objects_moved: number;
  readonly bytes_moved: number;
  readonly objects_failed: number;
  readonly failures: readonly ObjectFailure[];
  /**
   * The number of moved objects that have lost attributes that the destination cannot store: mode and times,
   * or header fields, metadata and tags.
   */
  readonly objects_incomplete: number;
  /** The number of empty folders, which are left out. */
  readonly folders_left_out: number;
  /** The reason why the whole task has ended early. */
  readonly fault: Fault | null;
}

/** Returns the details of a task for which nothing has been done yet. */
export function requestedTask(request: TaskRequest, at: Date): TaskDetails {
  const { source: _source, destination: _destination, ...shown } = request;
  return {
    ...shown,
    created_at: at.toISOString(),
    objects_moved: 0,
    bytes_moved: 0,
    objects_failed: 0,
    failures: [],
    objects_incomplete: 0,
    folders_left_out: 0,
    fault: null,
  };
}

const TEXTS = ['task_id', 'type', 'target', 'src_prefix', 'dest_prefix', 'created_at'] as const;

/**
 * Reads the details of a task from its memo. Any client may have written them, so they may be incomplete.
 * Returns `undefined` in that case.
 */
export function parseTask(value: unknown): TaskDetails | undefined {
  const task = value as TaskDetails | undefined;
  if (!TEXTS.every((key) => typeof task?.[key] === 'string') || !Array.isArray(task?.failures))
    return undefined;
  // Tasks of an earlier version did not count incomplete objects and folders.
  const { objects_incomplete = 0, folders_left_out = 0 } = task as Partial<TaskDetails>;
  return { ...task, objects_incomplete, folders_left_out };
}
