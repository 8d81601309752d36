import type { Fault } from '../copy-job/index.ts';
import type { TaskRequest } from './request.ts';

/** An object that could not be moved. */
export interface ObjectFailure {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** How many failures are on record, one by one; the others are counted only. */
export const MAX_FAILURES = 20;

/**
 * Characters of a path or a message on record: failures are in every heartbeat, in histories and in the memo.
 */
const MAX_TEXT_LENGTH = 300;

/** What goes on record of an object that could not be moved. */
export function objectFailure(
  path: string,
  { code, message }: Pick<Fault, 'code' | 'message'>,
): ObjectFailure {
  return { path: shortened(path), code, message: shortened(message) };
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length > MAX_TEXT_LENGTH ? `${characters.slice(0, MAX_TEXT_LENGTH - 1).join('')}…` : text;
}

/** Everything that is on record of a task. Times are RFC 3339. */
export interface TaskDetails extends Omit<TaskRequest, 'source' | 'destination'> {
  readonly created_at: string;
  readonly objects_moved: number;
  readonly bytes_moved: number;
  readonly objects_failed: number;
  readonly failures: readonly ObjectFailure[];
  /** Why the task as a whole has ended early. */
  readonly fault: Fault | null;
}

/** A task that has only been asked for. */
export function requestedTask(request: TaskRequest, at: Date): TaskDetails {
  const { source: _source, destination: _destination, ...asked } = request;
  return {
    ...asked,
    created_at: at.toISOString(),
    objects_moved: 0,
    bytes_moved: 0,
    objects_failed: 0,
    failures: [],
    fault: null,
  };
}

const TEXTS = ['task_id', 'type', 'target', 'src_prefix', 'dest_prefix', 'created_at'] as const;

/**
 * Reads what is on record; `undefined` where it is not all of a task: somebody may have started it by hand.
 */
export function parseTask(value: unknown): TaskDetails | undefined {
  const task = value as TaskDetails | undefined;
  if (!TEXTS.every((key) => typeof task?.[key] === 'string') || !Array.isArray(task?.failures))
    return undefined;
  return task;
}
